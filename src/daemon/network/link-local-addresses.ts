import { isIP } from 'node:net';
import type { EndpointConfig } from '../model/endpoint-config.ts';
import { addAddress } from '../../kernel/netlink/address-messages.ts';
import { getLink, parseLink } from '../../kernel/netlink/link-messages.ts';
import { isLinkLocal, versionOf } from '../../networkdriver/ipam/ip.ts';
import { invalid } from '../model/errors.ts';
import type { NetworkNamespace } from '../../networkdriver/network-namespace.ts';

const UNSPECIFIED = /^[0:.]+$/;
/** As Docker has them (RFC 3927, RFC 4291). */
const PREFIX_LENGTHS = { 4: 16, 6: 64 } as const;

/** What is wrong with the link-local addresses that are asked for, in Docker's words. */
export function linkLocalProblems({ IPAMConfig }: EndpointConfig): string[] {
  return IPAMConfig.LinkLocalIPs.filter(
    address => isIP(address) === 0 || address.includes('%') || UNSPECIFIED.test(address),
  ).map(address => `invalid link-local IP address: ${address}`);
}

/**
 * Gives an interface those addresses beside its own.
 * @throws EngineError invalid-parameter for others, as Docker when a container starts; SyscallError
 */
export function addLinkLocalAddresses(
  namespace: NetworkNamespace,
  interfaceName: string,
  { IPAMConfig }: EndpointConfig,
): void {
  const addresses = IPAMConfig.LinkLocalIPs;
  if (addresses.length === 0) return;
  const other = addresses.find(address => !isLinkLocal(address));
  if (other !== undefined) throw invalid(`invalid link local IP address: ${other}`);
  const [reply] = namespace.routes.request([getLink({ name: interfaceName })]);
  if (reply === undefined) throw new TypeError(`no answer about ${interfaceName}`);
  const { index: linkIndex } = parseLink(reply);
  if (addresses.some(address => versionOf(address) === 6)) namespace.enableIpv6(linkIndex);
  namespace.routes.request(
    addresses.map(address =>
      addAddress({ linkIndex, address, prefixLength: PREFIX_LENGTHS[versionOf(address)] }),
    ),
  );
}

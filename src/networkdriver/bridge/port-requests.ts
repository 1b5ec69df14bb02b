import { EngineError } from '../../base/errors.ts';
import type { PortBinding } from '../driver.ts';
import { type IpVersion, parseIp, versionOf } from '../ipam/ip.ts';
import type { EndpointAddress } from '../ipam/network-addresses.ts';
import type { BridgeSettings } from './bridge-options.ts';
import type { BoundPort, PortRequest } from './port-allocator.ts';

const EVERY_ADDRESS: Record<IpVersion, string> = { 4: '0.0.0.0', 6: '::' };

/**
 * What a container's ports ask of the host: for each the addresses that it is to be bound at, which are of the IP versions
 * that the container has, or of IPv6 where what comes there can be relayed to IPv4. In a mode without translation nothing is bound: the port is reached at the container's address.
 * @throws EngineError invalid-parameter for an address of a version that the container has not
 */
export function portRequests(
  ports: readonly PortBinding[],
  addresses: readonly EndpointAddress[],
  { hostBinding, modes, canRelay }: Pick<BridgeSettings, 'hostBinding' | 'modes'> & { canRelay: boolean },
): { requests: PortRequest[]; routed: BoundPort[] } {
  const requests: PortRequest[] = [];
  const routed: BoundPort[] = [];
  for (const binding of ports) {
    const hosts = hostsOf(binding, addresses, { hostBinding, canRelay: canRelay && modes[4] !== 'routed' });
    // What is relayed comes to an address of the host's, whatever the mode of IPv6.
    const isTranslated = ({ hostIp, inside }: PortRequest['hosts'][number]): boolean =>
      modes[versionOf(inside)] !== 'routed' || versionOf(inside) !== versionOf(hostIp);
    const bound = hosts.filter(isTranslated);
    if (bound.length > 0) requests.push({ binding, hosts: bound });
    for (const host of hosts)
      if (!isTranslated(host)) routed.push({ binding: routedBinding(binding, versionOf(host.hostIp)) });
  }
  return { requests, routed };
}

function routedBinding({ protocol, containerPort }: PortBinding, version: IpVersion): PortBinding {
  return { protocol, containerPort, hostIp: EVERY_ADDRESS[version], hostPort: 0 };
}

function hostsOf(
  { hostIp, containerPort, protocol }: PortBinding,
  addresses: readonly EndpointAddress[],
  { hostBinding, canRelay }: { hostBinding: string; canRelay: boolean },
): PortRequest['hosts'] {
  const wanted = hostIp || hostBinding;
  // A network's default of 0.0.0.0 means the other version's addresses, too, as in Docker.
  const isAnywhere = wanted === '' || (hostIp === '' && wanted === EVERY_ADDRESS[4]);
  if (wanted !== '') parseIp(wanted);
  const own = addresses.map(({ address }) => ({ version: versionOf(address), inside: address }));
  const hosts = [...own, ...(canRelay && protocol !== 'sctp' ? relayed(own) : [])]
    .filter(({ version }) => isAnywhere || version === versionOf(wanted))
    .map(({ version, inside }) => ({ hostIp: isAnywhere ? EVERY_ADDRESS[version] : wanted, inside }));
  if (hosts.length > 0 || hostIp === '') return hosts;
  throw new EngineError(
    'invalid-parameter',
    `cannot publish port ${containerPort}/${protocol} at ${wanted}: the container has no IPv${versionOf(wanted)} address on this network`,
  );
}

/** The address of a container without IPv6, for what comes by that. */
function relayed(own: readonly { version: IpVersion; inside: string }[]) {
  return own.some(({ version }) => version === 6)
    ? []
    : own.map(({ inside }) => ({ version: 6 as const, inside }));
}

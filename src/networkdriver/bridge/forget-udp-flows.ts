import { errorCode } from '../../base/errors.ts';
import { NETLINK_NETFILTER, NETLINK_ROUTE } from '../../kernel/abi/netlink.ts';
import { dumpAddresses, parseAddress } from '../../kernel/netlink/address-messages.ts';
import { IPPROTO_UDP } from '../../kernel/abi/socket.ts';
import { forgetFlows } from '../../kernel/netlink/conntrack-messages.ts';
import type { NetlinkMessage } from '../../kernel/netlink/message.ts';
import { NetlinkSocket } from '../../kernel/netlink/netlink-socket.ts';
import type { Endpoint, PortBinding } from '../driver.ts';
import { versionOf } from '../ipam/ip.ts';
import { isEveryAddress } from './published-elements.ts';

/** That the kernel takes in one call. */
const CALL_MESSAGES = 500;

/**
 * A flow keeps the translation it began with as long as packets come. So those sent to a port before it was
 * published must be forgotten, or their sender would never reach the container.
 */
export async function forgetEarlierUdpFlows({ ports }: Endpoint): Promise<void> {
  const udp = ports.filter(isUdp);
  const addresses = udp.some(({ hostIp }) => isEveryAddress(hostIp)) ? hostAddresses() : [];
  const addressesOf = (hostIp: string): string[] =>
    isEveryAddress(hostIp) ? addresses.filter(address => versionOf(address) === versionOf(hostIp)) : [hostIp];
  const flows = udp.flatMap(({ hostIp, hostPort }) =>
    addressesOf(hostIp).map(answeredFrom =>
      forgetFlows({ protocol: IPPROTO_UDP, port: hostPort, answeredFrom }),
    ),
  );
  await forget(flows);
}

/** Forgets the flows into a container that is gone: its address may soon be another's, its port too. */
export async function forgetUdpFlowsTo(endpoint: Endpoint): Promise<void> {
  if (!endpoint.ports.some(isUdp)) return;
  await forget(
    endpoint.addresses.map(({ address }) => forgetFlows({ protocol: IPPROTO_UDP, answeredFrom: address })),
  );
}

function isUdp({ protocol, hostPort }: PortBinding): boolean {
  return protocol === 'udp' && hostPort !== 0;
}

function hostAddresses(): string[] {
  const socket = new NetlinkSocket(NETLINK_ROUTE);
  try {
    return ([4, 6] as const).flatMap(version =>
      socket.dump(dumpAddresses(version)).map(reply => parseAddress(reply).address),
    );
  } finally {
    socket.close();
  }
}

async function forget(flows: readonly NetlinkMessage[]): Promise<void> {
  if (flows.length === 0) return;
  const socket = new NetlinkSocket(NETLINK_NETFILTER);
  try {
    for (let at = 0; at < flows.length; at += CALL_MESSAGES)
      await socket.requestAsync(flows.slice(at, at + CALL_MESSAGES));
  } catch (error) {
    // Older kernels cannot do it: their flows end by themselves, half a minute after the last packet.
    if (errorCode(error) !== 'EINVAL') throw error;
  } finally {
    socket.close();
  }
}

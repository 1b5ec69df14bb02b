import { errorCode } from '../../base/errors.ts';
import { NETLINK_NETFILTER, NETLINK_ROUTE } from '../../kernel/abi/netlink.ts';
import { dumpAddresses, parseAddress } from '../../kernel/netlink/address-messages.ts';
import { forgetFlows } from '../../kernel/netlink/conntrack-messages.ts';
import type { NetlinkMessage } from '../../kernel/netlink/message.ts';
import { NetlinkSocket } from '../../kernel/netlink/netlink-socket.ts';
import { addressOf, type Endpoint, type PortBinding } from '../driver.ts';

const IPPROTO_UDP = 17;
const EVERY_ADDRESS = '0.0.0.0';
/** That the kernel takes in one call. */
const CALL_MESSAGES = 500;

/**
 * A flow keeps the translation it began with as long as packets come. So those sent to a port before it was
 * published must be forgotten, or their sender would never reach the container.
 */
export async function forgetEarlierUdpFlows({ ports }: Endpoint): Promise<void> {
  const udp = ports.filter(isUdp);
  const addresses = udp.some(({ hostIp }) => hostIp === EVERY_ADDRESS) ? hostAddresses() : [];
  const flows = udp.flatMap(({ hostIp, hostPort }) =>
    (hostIp === EVERY_ADDRESS ? addresses : [hostIp]).map(answeredFrom =>
      forgetFlows({ protocol: IPPROTO_UDP, port: hostPort, answeredFrom }),
    ),
  );
  await forget(flows);
}

/** Forgets the flows into a container that is gone: its address may soon be another's, its port too. */
export async function forgetUdpFlowsTo(endpoint: Endpoint): Promise<void> {
  const inside = addressOf(endpoint, 4);
  if (inside === undefined || !endpoint.ports.some(isUdp)) return;
  await forget([forgetFlows({ protocol: IPPROTO_UDP, answeredFrom: inside.address })]);
}

function isUdp({ protocol }: PortBinding): boolean {
  return protocol === 'udp';
}

function hostAddresses(): string[] {
  const socket = new NetlinkSocket(NETLINK_ROUTE);
  try {
    return socket.dump(dumpAddresses()).map(reply => parseAddress(reply).address);
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

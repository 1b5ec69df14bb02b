import { EngineError, errorCode, SyscallError } from '../../base/errors.ts';
import {
  addAddress,
  addDefaultRoute,
  correctNeighbour,
  setForwarding,
} from '../../kernel/netlink/address-messages.ts';
import {
  addPort,
  addVethPair,
  configureLink,
  deleteLink,
  getLink,
  isolatePort,
  parseLink,
  setAlias,
  setHairpin,
  setMacAddress,
} from '../../kernel/netlink/link-messages.ts';
import type { NetlinkMessage } from '../../kernel/netlink/message.ts';
import type { NetlinkSocket } from '../../kernel/netlink/netlink-socket.ts';
import { newVethName } from '../namespace-pool.ts';
import type { EndpointAddress } from '../ipam/network-addresses.ts';
import { type IpVersion, versionOf } from '../ipam/ip.ts';
import type { NetworkNamespace } from '../network-namespace.ts';

/** More a Linux bridge does not have. */
export const MAX_BRIDGE_PORTS = 1023;
/** What the kernel says then (errno(3)): Node has no name for it. */
const EXFULL = 54;

/** The two ends' indexes, each in its own namespace. */
export type InterfacePair = { index: number; hostIndex: number };

export type AttachOptions = {
  /** rtnetlink socket on the host. */
  host: NetlinkSocket;
  namespace: NetworkNamespace;
  pair: InterfacePair;
  bridgeIndex: number;
  /** What it is called. */
  device: string;
  mtu: number;
  /** Whether its port passes nothing on to other such ports. */
  isolated: boolean;
  macAddress: string;
  addresses: readonly EndpointAddress[];
  /** By the addresses' gateways. */
  hasDefaultRoute: boolean;
};

/**
 * A veth pair that is down, the inner end of that name in the namespace: the one made beforehand, or a new one, whose outer
 * end has its owner as its alias. Namespaces with one made beforehand have no owner yet, and go with it.
 * @throws SyscallError
 */
export function takePair(
  host: NetlinkSocket,
  namespace: NetworkNamespace,
  { interfaceName, owner }: { interfaceName: string; owner: string },
): InterfacePair {
  const prepared = namespace.takePrepared(interfaceName);
  if (prepared !== undefined) return prepared;
  const name = newVethName();
  const peer = { name: interfaceName, namespace: namespace.descriptor };
  const [reply] = host.request([addVethPair({ name, peer }), setAlias({ name }, owner), getLink({ name })]);
  if (reply === undefined) throw new TypeError(`no answer about ${name}`);
  const { index, peerIndex } = parseLink(reply);
  return { index: peerIndex, hostIndex: index };
}

/** The pair whose inner end has that name in the namespace. @throws SyscallError */
export function findPair(namespace: NetworkNamespace, name: string): InterfacePair {
  const [reply] = namespace.routes.request([getLink({ name })]);
  if (reply === undefined) throw new TypeError(`no answer about ${name}`);
  const { index, peerIndex } = parseLink(reply);
  return { index, hostIndex: peerIndex };
}

/**
 * Connects a namespace to a bridge by a veth pair, with address and route. On return packets flow at once, both
 * ways: neither has to learn the address first, and outdated entries for it are replaced.
 * @throws SyscallError, EngineError where the bridge is full; the pair is the caller's to delete then
 */
export function attachInterface(options: AttachOptions): void {
  admitIpv6(options);
  try {
    for (const { socket, messages } of attachSteps(options)) socket.request(messages);
  } catch (error) {
    throw error instanceof SyscallError && error.errno === EXFULL ? fullError(options.device) : error;
  }
}

function fullError(device: string): EngineError {
  return new EngineError(
    'system',
    `the bridge ${device} has all the ${MAX_BRIDGE_PORTS} ports that a bridge can have`,
    { hint: 'Put further containers on other networks.' },
  );
}

/** As {@link attachInterface}, off the main thread. Neither socket may be used meanwhile. */
export async function attachInterfaceAsync(options: AttachOptions): Promise<void> {
  admitIpv6(options);
  for (const { socket, messages } of attachSteps(options)) await socket.requestAsync(messages);
}

/** Lets what is behind the pair reach itself by way of the host. */
export function allowHairpin(host: NetlinkSocket, pair: InterfacePair): void {
  host.request([setHairpin(pair.hostIndex)]);
}

/**
 * Interfaces of a namespace have no IPv6 unless they have an address of it. Their link-local address follows from the
 * hardware address that they have then: one that an interface made beforehand had is another's by now.
 */
function admitIpv6({ namespace, pair, addresses, macAddress }: AttachOptions): void {
  if (!addresses.some(({ address }) => versionOf(address) === 6)) return;
  namespace.routes.request([setMacAddress({ index: pair.index, macAddress })]);
  namespace.enableIpv6(pair.index);
}

function attachSteps(options: AttachOptions): { socket: NetlinkSocket; messages: NetlinkMessage[] }[] {
  const { host, namespace, pair, bridgeIndex, mtu, macAddress, addresses } = options;
  const port = [addPort({ index: pair.hostIndex, bridgeIndex, mtu })];
  if (options.isolated) port.push(isolatePort(pair.hostIndex));
  const outer = [
    // Being asked about them, the kernel takes note of the port's carrier, and then of the bridge's, now, not when its
    // work queue comes to it, which may be a second later: until then they would drop packets.
    getLink({ index: pair.hostIndex }),
    getLink({ index: bridgeIndex }),
    setForwarding({ portIndex: pair.hostIndex, macAddress }),
    ...addresses.map(({ address }) => correctNeighbour({ linkIndex: bridgeIndex, address, macAddress })),
  ];
  const steps = [
    { socket: host, messages: port },
    {
      socket: namespace.routes,
      messages: [configureLink({ index: pair.index, macAddress, mtu }), ...addressMessages(options, 4)],
    },
    { socket: host, messages: outer },
    // These are announced, which the port has to pass on.
    { socket: namespace.routes, messages: addressMessages(options, 6) },
  ];
  return steps.filter(({ messages }) => messages.length > 0);
}

function addressMessages(
  { pair, addresses, hasDefaultRoute }: AttachOptions,
  version: IpVersion,
): NetlinkMessage[] {
  return addresses
    .filter(({ address }) => versionOf(address) === version)
    .flatMap(address => [
      addAddress({ ...address, linkIndex: pair.index }, 'left'),
      ...(hasDefaultRoute && address.gateway !== '' ? [addDefaultRoute(address.gateway)] : []),
    ]);
}

/**
 * Takes the interface out of a namespace that lives on. Idempotent.
 * @throws SyscallError
 */
export async function detachInterface(namespace: NetworkNamespace, interfaceName: string): Promise<void> {
  try {
    await namespace.routes.requestAsync([deleteLink({ name: interfaceName })]);
  } catch (error) {
    if (errorCode(error) !== 'ENODEV') throw error;
  }
}

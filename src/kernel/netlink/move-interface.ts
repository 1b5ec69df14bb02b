/** An interface that goes to another network namespace with its addresses: rtnetlink(7). */
import { IFA_ADDRESS, IFA_LOCAL, RT_SCOPE_UNIVERSE, RTM_NEWADDR } from '../abi/rtnetlink.ts';
import { NETLINK_ROUTE, NLM_F_CREATE, NLM_F_REPLACE } from '../abi/netlink.ts';
import { inNetworkNamespace } from '../namespaces.ts';
import { dumpAddresses } from './address-messages.ts';
import { getLink, moveLink, parseLink, setLinkUp } from './link-messages.ts';
import { bytes, decodeAttributes, type NetlinkMessage } from './message.ts';
import { type NetlinkReply, NetlinkSocket } from './netlink-socket.ts';

const ADDRESS_HEADER_BYTES = 8;
/** Asks for the addresses of every family. */
const allAddresses: NetlinkMessage = { ...dumpAddresses(), header: Buffer.alloc(ADDRESS_HEADER_BYTES) };
/** Flag of struct ifaddrmsg: not from router advertisements or DHCP, which have a lifetime. */
const IFA_F_PERMANENT = 0x80;

/**
 * Moves the interface `name` of this thread's network namespace to another one, under `newName`, and brings it up
 * there. Its permanent addresses of global scope, which the kernel takes away with the move, are given back.
 * @param namespace a descriptor
 * @throws SyscallError
 */
export function moveInterface(options: { name: string; namespace: number; newName: string }): void {
  const { name, namespace, newName } = options;
  const here = new NetlinkSocket(NETLINK_ROUTE);
  const there = inNetworkNamespace(namespace, () => new NetlinkSocket(NETLINK_ROUTE));
  try {
    const { index } = parseLink(here.request([getLink({ name })])[0]!);
    const addresses = here.dump(allAddresses).filter(reply => isKept(reply, index));
    here.request([moveLink({ index, name, namespace, newName })]);
    const moved = parseLink(there.request([getLink({ name: newName })])[0]!);
    there.request([
      setLinkUp({ index: moved.index }),
      ...addresses.map(reply => restored(reply, moved.index)),
    ]);
  } finally {
    here.close();
    there.close();
  }
}

function isKept({ payload }: NetlinkReply, index: number): boolean {
  const [flags, scope] = [payload.readUInt8(2), payload.readUInt8(3)];
  return payload.readUInt32LE(4) === index && (flags & IFA_F_PERMANENT) !== 0 && scope === RT_SCOPE_UNIVERSE;
}

function restored({ payload }: NetlinkReply, index: number): NetlinkMessage {
  const header = Buffer.from(payload.subarray(0, ADDRESS_HEADER_BYTES));
  header.writeUInt8(0, 2);
  header.writeUInt32LE(index, 4);
  const attributes = decodeAttributes(payload.subarray(ADDRESS_HEADER_BYTES));
  return {
    type: RTM_NEWADDR,
    flags: NLM_F_CREATE | NLM_F_REPLACE,
    header,
    attributes: [IFA_LOCAL, IFA_ADDRESS].flatMap(type => {
      const value = attributes.get(type);
      return value ? [bytes(type, value)] : [];
    }),
    description: 'give an address back',
  };
}

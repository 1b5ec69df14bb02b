/** rtnetlink requests about network interfaces: rtnetlink(7), include/uapi/linux/if_link.h. */
import {
  IFF_UP,
  IFLA_ADDRESS,
  IFLA_AF_SPEC,
  IFLA_BRPORT_ISOLATED,
  IFLA_BRPORT_MODE,
  IFLA_BR_NF_CALL_IP6TABLES,
  IFLA_BR_NF_CALL_IPTABLES,
  IFLA_IFALIAS,
  IFLA_IFNAME,
  IFLA_INET6_ADDR_GEN_MODE,
  IFLA_INFO_DATA,
  IFLA_INFO_KIND,
  IFLA_INFO_SLAVE_DATA,
  IFLA_INFO_SLAVE_KIND,
  IFLA_LINK,
  IFLA_LINKINFO,
  IFLA_MASTER,
  IFLA_MTU,
  IFLA_NET_NS_FD,
  IFLA_NUM_RX_QUEUES,
  IFLA_NUM_TX_QUEUES,
  IFLA_VLAN_ID,
  IN6_ADDR_GEN_MODE_NONE,
  RTM_DELLINK,
  RTM_GETLINK,
  RTM_NEWLINK,
  VETH_INFO_PEER,
} from '../abi/rtnetlink.ts';
import { NLM_F_CREATE, NLM_F_EXCL } from '../abi/netlink.ts';
import { AF_INET6, AF_UNSPEC } from '../abi/socket.ts';
import {
  type Attribute,
  bytes,
  decodeAttributes,
  type NetlinkMessage,
  nested,
  text,
  u16,
  u32,
  u8,
} from './message.ts';
import type { NetlinkReply } from './netlink-socket.ts';

const CREATE = NLM_F_CREATE | NLM_F_EXCL;
const INTERFACE_INFO_BYTES = 16;
/** RFC 8200, section 5. */
const IPV6_MIN_MTU = 1280;

export type Link = {
  index: number;
  name: string;
  up: boolean;
  /** 'bridge', 'veth' …, '' for hardware. */
  kind: string;
  macAddress: string;
  mtu: number;
  /** The index of the bridge that it is a port of; 0 for none. */
  masterIndex: number;
  /** What its maker has noted; '' for nothing. */
  alias: string;
  /** For a veth: the other end's index, in that end's namespace. */
  peerIndex: number;
};

/** An interface to be found by its index, or, by name, with index 0 in the message. */
export type LinkReference = { index: number } | { name: string };

export function getLink(link: LinkReference): NetlinkMessage {
  return linkMessage(RTM_GETLINK, { link, description: `find ${nameOf(link)}` });
}

export function dumpLinks(): NetlinkMessage {
  return {
    type: RTM_GETLINK,
    flags: 0,
    header: interfaceInfo({}),
    attributes: [],
    description: 'list links',
  };
}

export function setLinkUp(link: LinkReference): NetlinkMessage {
  return linkMessage(RTM_NEWLINK, { link, up: true, description: `set ${nameOf(link)} up` });
}

export function setLinkDown({ index }: { index: number }): NetlinkMessage {
  return {
    ...linkMessage(RTM_NEWLINK, { link: { index }, description: 'set down' }),
    header: downInfo(index),
  };
}

/** Takes an interface down and to another network namespace, a descriptor, where it has another name. */
export function moveLink(options: {
  index: number;
  name: string;
  namespace: number;
  newName: string;
}): NetlinkMessage {
  const { index, name, namespace, newName } = options;
  return linkMessage(RTM_NEWLINK, {
    link: { index },
    attributes: [text(IFLA_IFNAME, newName), u32(IFLA_NET_NS_FD, namespace)],
    description: `move ${name} to the container as ${newName}`,
  });
}

/** Slow: the kernel waits for an RCU grace period or two. */
export function deleteLink(link: LinkReference): NetlinkMessage {
  return linkMessage(RTM_DELLINK, { link, description: `delete ${nameOf(link)}` });
}

/** A bridge that is up, without spanning tree, and with an address of its own that does not follow its ports'. */
export function addBridge(options: { name: string; macAddress: string; mtu: number }): NetlinkMessage {
  const attributes = [
    bytes(IFLA_ADDRESS, macBytes(options.macAddress)),
    u32(IFLA_MTU, options.mtu),
    nested(IFLA_LINKINFO, [text(IFLA_INFO_KIND, 'bridge')]),
  ];
  return linkMessage(RTM_NEWLINK, {
    link: { name: options.name },
    flags: CREATE,
    up: true,
    attributes,
    description: `add bridge ${options.name}`,
  });
}

/** Notes something at an interface, for people and programs: at most 255 bytes. Not to be had with its creation. */
export function setAlias(link: LinkReference, alias: string): NetlinkMessage {
  return linkMessage(RTM_NEWLINK, {
    link,
    attributes: [bytes(IFLA_IFALIAS, Buffer.from(alias))],
    description: `set alias of ${nameOf(link)}`,
  });
}

/**
 * A pair of virtual Ethernet interfaces, both down: this end here, the other made at once in another network
 * namespace.
 */
export function addVethPair(options: {
  name: string;
  peer: { name: string; namespace: number };
}): NetlinkMessage {
  const { name, peer } = options;
  // Left out, each end gets a queue, with its directories in sysfs, for every possible processor.
  const queues = [u32(IFLA_NUM_TX_QUEUES, 1), u32(IFLA_NUM_RX_QUEUES, 1)];
  const peerAttributes = [text(IFLA_IFNAME, peer.name), u32(IFLA_NET_NS_FD, peer.namespace), ...queues];
  return linkMessage(RTM_NEWLINK, {
    link: { name },
    flags: CREATE,
    attributes: [
      ...queues,
      nested(IFLA_LINKINFO, [
        text(IFLA_INFO_KIND, 'veth'),
        nested(IFLA_INFO_DATA, [nested(VETH_INFO_PEER, peerAttributes, interfaceInfo({}))]),
      ]),
    ],
    description: `add veth ${name} with ${peer.name}`,
  });
}

/** As {@link addVethPair}, with both ends here; both are down. */
export function addLocalVethPair(options: { name: string; peer: string }): NetlinkMessage {
  const { name, peer } = options;
  return linkMessage(RTM_NEWLINK, {
    link: { name },
    flags: CREATE,
    attributes: [
      nested(IFLA_LINKINFO, [
        text(IFLA_INFO_KIND, 'veth'),
        nested(IFLA_INFO_DATA, [nested(VETH_INFO_PEER, [text(IFLA_IFNAME, peer)], interfaceInfo({}))]),
      ]),
    ],
    description: `add veth ${name} with ${peer}`,
  });
}

/** An interface that loses what it is given. */
export function addDummy(name: string): NetlinkMessage {
  return linkMessage(RTM_NEWLINK, {
    link: { name },
    flags: CREATE,
    attributes: [nested(IFLA_LINKINFO, [text(IFLA_INFO_KIND, 'dummy')])],
    description: `add dummy ${name}`,
  });
}

/** An interface for one VLAN of its parent. */
export function addVlan(options: { name: string; parentIndex: number; id: number }): NetlinkMessage {
  const { name, parentIndex, id } = options;
  const data = nested(IFLA_INFO_DATA, [u16(IFLA_VLAN_ID, id)]);
  return linkMessage(RTM_NEWLINK, {
    link: { name },
    flags: CREATE,
    attributes: [u32(IFLA_LINK, parentIndex), nested(IFLA_LINKINFO, [text(IFLA_INFO_KIND, 'vlan'), data])],
    description: `add VLAN ${name}`,
  });
}

/**
 * An interface that shares its parent's segment, or link, down, made at once in another network namespace (a descriptor).
 * @param options.kind 'macvlan' or 'ipvlan'; `data` are its attributes
 */
export function addSublink(options: {
  kind: string;
  name: string;
  parentIndex: number;
  namespace: number;
  data: readonly Attribute[];
}): NetlinkMessage {
  const { kind, name, parentIndex, namespace, data } = options;
  return linkMessage(RTM_NEWLINK, {
    link: { name },
    flags: CREATE,
    attributes: [
      u32(IFLA_LINK, parentIndex),
      u32(IFLA_NET_NS_FD, namespace),
      nested(IFLA_LINKINFO, [text(IFLA_INFO_KIND, kind), nested(IFLA_INFO_DATA, data)]),
    ],
    description: `add ${kind} ${name}`,
  });
}

const WITHOUT_IPV6_ADDRESS = nested(IFLA_AF_SPEC, [
  nested(AF_INET6, [u8(IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE)]),
]);

/** Makes an interface a port of the bridge and brings it up, without an IPv6 address of its own. */
export function addPort(options: { index: number; bridgeIndex: number; mtu: number }): NetlinkMessage {
  // With a smaller one the kernel takes IPv6 off the interface, and has no settings of it any more (EAFNOSUPPORT).
  const hasIpv6 = options.mtu >= IPV6_MIN_MTU;
  return linkMessage(RTM_NEWLINK, {
    link: { index: options.index },
    up: true,
    attributes: [
      u32(IFLA_MTU, options.mtu),
      u32(IFLA_MASTER, options.bridgeIndex),
      ...(hasIpv6 ? [WITHOUT_IPV6_ADDRESS] : []),
    ],
    description: 'add port to bridge',
  });
}

/** Lets a bridge send frames back out by the port they came in by. */
export function setHairpin(index: number): NetlinkMessage {
  return setPortFlag(index, IFLA_BRPORT_MODE, 'set hairpin mode');
}

/** Has a bridge forward no frames between such ports. */
export function isolatePort(index: number): NetlinkMessage {
  return setPortFlag(index, IFLA_BRPORT_ISOLATED, 'isolate port');
}

/** Has what a bridge forwards go through the firewall's hooks. Without br_netfilter it means nothing. */
export function filterBridge(index: number): NetlinkMessage {
  const data = nested(IFLA_INFO_DATA, [u8(IFLA_BR_NF_CALL_IPTABLES, 1), u8(IFLA_BR_NF_CALL_IP6TABLES, 1)]);
  return linkMessage(RTM_NEWLINK, {
    link: { index },
    attributes: [nested(IFLA_LINKINFO, [text(IFLA_INFO_KIND, 'bridge'), data])],
    description: 'filter bridge',
  });
}

function setPortFlag(index: number, flag: number, description: string): NetlinkMessage {
  return linkMessage(RTM_NEWLINK, {
    link: { index },
    attributes: [
      nested(IFLA_LINKINFO, [
        text(IFLA_INFO_SLAVE_KIND, 'bridge'),
        nested(IFLA_INFO_SLAVE_DATA, [u8(flag, 1)]),
      ]),
    ],
    description,
  });
}

/** Sets what an interface that is still down needs, and brings it up. What is left out stays as it was made. */
export function configureLink(options: { index: number; macAddress?: string; mtu?: number }): NetlinkMessage {
  const { index, macAddress = '', mtu = 0 } = options;
  return linkMessage(RTM_NEWLINK, {
    link: { index },
    up: true,
    attributes: [
      ...(macAddress === '' ? [] : [bytes(IFLA_ADDRESS, macBytes(macAddress))]),
      ...(mtu === 0 ? [] : [u32(IFLA_MTU, mtu)]),
    ],
    description: `set up interface with ${macAddress || 'its address'}`,
  });
}

export function setMacAddress({ index, macAddress }: { index: number; macAddress: string }): NetlinkMessage {
  return linkMessage(RTM_NEWLINK, {
    link: { index },
    attributes: [bytes(IFLA_ADDRESS, macBytes(macAddress))],
    description: `give the interface the address ${macAddress}`,
  });
}

/** The interface a RTM_NEWLINK reply is about. */
export function parseLink(reply: NetlinkReply): Link {
  const attributes = decodeAttributes(reply.payload.subarray(INTERFACE_INFO_BYTES));
  const info = attributes.get(IFLA_LINKINFO);
  return {
    index: reply.payload.readInt32LE(4),
    up: (reply.payload.readUInt32LE(8) & IFF_UP) !== 0,
    name: textOf(attributes.get(IFLA_IFNAME)),
    alias: textOf(attributes.get(IFLA_IFALIAS)),
    mtu: attributes.get(IFLA_MTU)?.readUInt32LE(0) ?? 0,
    masterIndex: attributes.get(IFLA_MASTER)?.readUInt32LE(0) ?? 0,
    peerIndex: attributes.get(IFLA_LINK)?.readUInt32LE(0) ?? 0,
    kind: info === undefined ? '' : textOf(decodeAttributes(info).get(IFLA_INFO_KIND)),
    macAddress: [...(attributes.get(IFLA_ADDRESS) ?? [])]
      .map(byte => byte.toString(16).padStart(2, '0'))
      .join(':'),
  };
}

/** Six bytes for `02:42:ac:11:00:02`. */
export function macBytes(address: string): Buffer {
  return Buffer.from(address.replaceAll(':', ''), 'hex');
}

function linkMessage(
  type: number,
  options: {
    link: LinkReference;
    flags?: number;
    up?: boolean;
    attributes?: readonly Attribute[];
    description: string;
  },
): NetlinkMessage {
  const { link, flags = 0, up = false, attributes = [], description } = options;
  const byName = 'name' in link ? [text(IFLA_IFNAME, link.name)] : [];
  const index = 'index' in link ? link.index : 0;
  return {
    type,
    flags,
    header: interfaceInfo({ index, up }),
    attributes: [...byName, ...attributes],
    description,
  };
}

function downInfo(index: number): Buffer {
  const header = interfaceInfo({ index });
  header.writeUInt32LE(IFF_UP, 12);
  return header;
}

/** struct ifinfomsg: family, type, index, flags, and which flags to change. */
function interfaceInfo({ index = 0, up = false }: { index?: number; up?: boolean }): Buffer {
  const header = Buffer.alloc(INTERFACE_INFO_BYTES);
  header.writeUInt8(AF_UNSPEC, 0);
  header.writeInt32LE(index, 4);
  header.writeUInt32LE(up ? IFF_UP : 0, 8);
  header.writeUInt32LE(up ? IFF_UP : 0, 12);
  return header;
}

function nameOf(link: LinkReference): string {
  return 'name' in link ? link.name : `link ${link.index}`;
}

function textOf(value: Buffer | undefined): string {
  return value?.toString('utf8').replace(/\0.*$/, '') ?? '';
}

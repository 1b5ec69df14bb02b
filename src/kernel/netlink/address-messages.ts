/** rtnetlink requests about addresses, routes and neighbours, of IPv4 and of IPv6: rtnetlink(7). */
import { constants } from 'node:os';
import ipaddr from 'ipaddr.js';
import {
  IFA_ADDRESS,
  IFA_BROADCAST,
  IFA_F_NODAD,
  IFA_LOCAL,
  NDA_DST,
  NDA_LLADDR,
  NTF_MASTER,
  NUD_NOARP,
  NUD_REACHABLE,
  RTA_DST,
  RTA_GATEWAY,
  RTA_OIF,
  RTA_PREFSRC,
  RTA_PRIORITY,
  RTM_DELADDR,
  RTM_DELROUTE,
  RTM_GETADDR,
  RTM_GETROUTE,
  RTM_NEWADDR,
  RTM_NEWNEIGH,
  RTM_NEWROUTE,
  RTN_LOCAL,
  RTN_UNICAST,
  RTPROT_BOOT,
  RT_SCOPE_HOST,
  RT_SCOPE_LINK,
  RT_SCOPE_UNIVERSE,
  RT_TABLE_LOCAL,
  RT_TABLE_MAIN,
} from '../abi/rtnetlink.ts';
import { NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE } from '../abi/netlink.ts';
import { AF_BRIDGE, AF_INET, AF_INET6 } from '../abi/socket.ts';
import { macBytes } from './link-messages.ts';
import { bytes, decodeAttributes, type NetlinkMessage, u32 } from './message.ts';
import type { NetlinkReply } from './netlink-socket.ts';

export type InterfaceAddress = { linkIndex: number; address: string; prefixLength: number };

/** A route's destination, `0.0.0.0`/0 or `::`/0 for the default one, and its output interface (0: none). */
export type Route = {
  destination: string;
  prefixLength: number;
  linkIndex: number;
  table: number;
  /** The host's address that goes with it; the unspecified one where none is named. */
  source: string;
  /** Whether it leads to the host itself. */
  isLocal: boolean;
};

/**
 * No duplicate is looked for of an IPv6 address, so that it is usable at once; unless it is `left` to the interface's
 * settings.
 */
export function addAddress(
  { linkIndex, address, prefixLength }: InterfaceAddress,
  duplicates: 'ignored' | 'left' = 'ignored',
): NetlinkMessage {
  const value = ipBytes(address);
  // In networks of two addresses both are hosts' (RFC 3021).
  const broadcast =
    value.length === 4 && prefixLength < 31 ? [bytes(IFA_BROADCAST, broadcastOf(value, prefixLength))] : [];
  return {
    type: RTM_NEWADDR,
    flags: NLM_F_CREATE | NLM_F_EXCL,
    header: addressHeader({ family: familyOf(address), linkIndex, prefixLength, duplicates }),
    attributes: [bytes(IFA_LOCAL, value), bytes(IFA_ADDRESS, value), ...broadcast],
    description: `add address ${address}/${prefixLength}`,
  };
}

export function deleteAddress({ linkIndex, address, prefixLength }: InterfaceAddress): NetlinkMessage {
  return {
    type: RTM_DELADDR,
    flags: 0,
    header: addressHeader({ family: familyOf(address), linkIndex, prefixLength }),
    attributes: [bytes(IFA_LOCAL, ipBytes(address))],
    description: `delete address ${address}/${prefixLength}`,
  };
}

export function dumpAddresses(version: 4 | 6 = 4): NetlinkMessage {
  return {
    type: RTM_GETADDR,
    flags: 0,
    header: addressHeader({ family: FAMILIES[version], linkIndex: 0, prefixLength: 0 }),
    attributes: [],
    description: 'list addresses',
  };
}

export function parseAddress({ payload }: NetlinkReply): InterfaceAddress {
  const attributes = decodeAttributes(payload.subarray(8));
  const address = attributes.get(IFA_LOCAL) ?? attributes.get(IFA_ADDRESS);
  return {
    linkIndex: payload.readUInt32LE(4),
    prefixLength: payload.readUInt8(1),
    address: formatIpBytes(address ?? Buffer.alloc(4)),
  };
}

/** In the place of the one there is. */
export function addDefaultRoute(gateway: string): NetlinkMessage {
  return {
    type: RTM_NEWROUTE,
    flags: NLM_F_CREATE | NLM_F_REPLACE,
    header: routeHeader(familyOf(gateway)),
    attributes: [bytes(RTA_GATEWAY, ipBytes(gateway))],
    description: `add default route via ${gateway}`,
  };
}

/** In the place of the one there is: without a gateway, by an interface on which everybody is reached. */
export function addDefaultRouteBy(version: 4 | 6, linkIndex: number): NetlinkMessage {
  const where = [RT_TABLE_MAIN, RTPROT_BOOT, version === 4 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE, RTN_UNICAST];
  return {
    type: RTM_NEWROUTE,
    flags: NLM_F_CREATE | NLM_F_REPLACE,
    header: Buffer.from([FAMILIES[version], 0, 0, 0, ...where, 0, 0, 0, 0]),
    attributes: [u32(RTA_OIF, linkIndex)],
    description: `add default route by link ${linkIndex}`,
  };
}

/**
 * Lets answers to `::1` that come in by an interface reach it, once connection tracking has given them that address:
 * the route of the loopback interface does not serve others. The kernel drops packets that arrive with it.
 */
export function admitLoopback(linkIndex: number): NetlinkMessage {
  const where = [RT_TABLE_LOCAL, RTPROT_BOOT, RT_SCOPE_HOST, RTN_LOCAL];
  return {
    type: RTM_NEWROUTE,
    flags: NLM_F_CREATE | NLM_F_EXCL,
    header: Buffer.from([AF_INET6, 128, 0, 0, ...where, 0, 0, 0, 0]),
    attributes: [
      bytes(RTA_DST, ipBytes('::1')),
      u32(RTA_OIF, linkIndex),
      // After that of the loopback interface.
      u32(RTA_PRIORITY, 1024),
    ],
    description: 'add local route to ::1',
    ignoredErrno: constants.errno.EEXIST,
  };
}

/** Where there is none it stays so. */
export function deleteDefaultRoute(version: 4 | 6): NetlinkMessage {
  return {
    type: RTM_DELROUTE,
    flags: 0,
    header: routeHeader(FAMILIES[version]),
    attributes: [],
    description: 'delete default route',
    ignoredErrno: constants.errno.ESRCH,
  };
}

/** Asks which way packets to an address go; ENETUNREACH and the like where there is none. */
export function getRoute(address: string): NetlinkMessage {
  const value = ipBytes(address);
  return {
    type: RTM_GETROUTE,
    flags: 0,
    header: Buffer.from([familyOf(address), value.length * 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    attributes: [bytes(RTA_DST, value)],
    description: `find route to ${address}`,
  };
}

export function dumpRoutes(version: 4 | 6 = 4): NetlinkMessage {
  return {
    type: RTM_GETROUTE,
    flags: 0,
    header: Buffer.from([FAMILIES[version], 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    attributes: [],
    description: 'list routes',
  };
}

export function parseRoute({ payload }: NetlinkReply): Route {
  const attributes = decodeAttributes(payload.subarray(12));
  const everywhere = Buffer.alloc(payload.readUInt8(0) === AF_INET6 ? 16 : 4);
  return {
    prefixLength: payload.readUInt8(1),
    table: payload.readUInt8(4),
    destination: formatIpBytes(attributes.get(RTA_DST) ?? everywhere),
    linkIndex: attributes.get(RTA_OIF)?.readUInt32LE(0) ?? 0,
    source: formatIpBytes(attributes.get(RTA_PREFSRC) ?? everywhere),
    isLocal: payload.readUInt8(7) === RTN_LOCAL,
  };
}

/**
 * Tells the host which link-layer address an address has now, if it believes to know one, or is about to
 * give up asking. Where it knows nothing it stays so: its table is small.
 */
export function correctNeighbour(options: {
  linkIndex: number;
  address: string;
  macAddress: string;
}): NetlinkMessage {
  const { linkIndex, address, macAddress } = options;
  return {
    type: RTM_NEWNEIGH,
    flags: NLM_F_REPLACE,
    header: neighbourHeader({ family: familyOf(address), linkIndex, state: NUD_REACHABLE, flags: 0 }),
    attributes: [bytes(NDA_DST, ipBytes(address)), bytes(NDA_LLADDR, macBytes(macAddress))],
    description: `set neighbour ${address} ${macAddress}`,
    ignoredErrno: constants.errno.ENOENT,
  };
}

/** Tells a bridge behind which of its ports a link-layer address is now. The entry goes with the port. */
export function setForwarding(options: { portIndex: number; macAddress: string }): NetlinkMessage {
  return {
    type: RTM_NEWNEIGH,
    flags: NLM_F_CREATE | NLM_F_REPLACE,
    header: neighbourHeader({
      family: AF_BRIDGE,
      linkIndex: options.portIndex,
      state: NUD_NOARP,
      flags: NTF_MASTER,
    }),
    attributes: [bytes(NDA_LLADDR, macBytes(options.macAddress))],
    description: `set forwarding of ${options.macAddress}`,
  };
}

/** Four bytes, or sixteen, in network order. */
export function ipBytes(address: string): Buffer {
  return Buffer.from(ipaddr.parse(address).toByteArray());
}

/** As text, of four or sixteen bytes in network order. */
export function formatIpBytes(value: Buffer): string {
  return value.length === 16 ? new ipaddr.IPv6([...value]).toRFC5952String() : [...value].join('.');
}

const FAMILIES = { 4: AF_INET, 6: AF_INET6 } as const;

function familyOf(address: string): number {
  return address.includes(':') ? AF_INET6 : AF_INET;
}

function broadcastOf(address: Buffer, prefixLength: number): Buffer {
  const broadcast = Buffer.alloc(4);
  const hostMask = prefixLength === 0 ? 0xffffffff : (2 ** (32 - prefixLength) - 1) >>> 0;
  broadcast.writeUInt32BE((address.readUInt32BE(0) | hostMask) >>> 0);
  return broadcast;
}

/** struct ifaddrmsg: family, prefix length, flags, scope, index. */
function addressHeader(options: {
  family: number;
  linkIndex: number;
  prefixLength: number;
  duplicates?: 'ignored' | 'left';
}): Buffer {
  const { family, linkIndex, prefixLength, duplicates = 'ignored' } = options;
  const flags = family === AF_INET6 && duplicates === 'ignored' ? IFA_F_NODAD : 0;
  const header = Buffer.from([family, prefixLength, flags, 0, 0, 0, 0, 0]);
  header.writeUInt32LE(linkIndex, 4);
  return header;
}

/** struct rtmsg: family, lengths of destination and source, tos, table, protocol, scope, type, flags. */
function routeHeader(family: number): Buffer {
  const where = [RT_TABLE_MAIN, RTPROT_BOOT, RT_SCOPE_UNIVERSE, RTN_UNICAST];
  return Buffer.from([family, 0, 0, 0, ...where, 0, 0, 0, 0]);
}

/** struct ndmsg: family, two pads, index, state, flags, type. */
function neighbourHeader(options: {
  family: number;
  linkIndex: number;
  state: number;
  flags: number;
}): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt8(options.family, 0);
  header.writeInt32LE(options.linkIndex, 4);
  header.writeUInt16LE(options.state, 8);
  header.writeUInt8(options.flags, 10);
  return header;
}

/** rtnetlink requests about IPv4 addresses, routes and neighbours: rtnetlink(7). */
import { constants } from 'node:os';
import {
  IFA_ADDRESS,
  IFA_BROADCAST,
  IFA_LOCAL,
  NDA_DST,
  NDA_LLADDR,
  NTF_MASTER,
  NUD_NOARP,
  NUD_REACHABLE,
  RTA_DST,
  RTA_GATEWAY,
  RTA_OIF,
  RTM_DELADDR,
  RTM_GETADDR,
  RTM_GETROUTE,
  RTM_NEWADDR,
  RTM_NEWNEIGH,
  RTM_NEWROUTE,
  RTN_UNICAST,
  RTPROT_BOOT,
  RT_SCOPE_UNIVERSE,
  RT_TABLE_MAIN,
} from '../abi/rtnetlink.ts';
import { NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE } from '../abi/netlink.ts';
import { AF_BRIDGE, AF_INET } from '../abi/socket.ts';
import { macBytes } from './link-messages.ts';
import { bytes, decodeAttributes, type NetlinkMessage } from './message.ts';
import type { NetlinkReply } from './netlink-socket.ts';

export type InterfaceAddress = { linkIndex: number; address: string; prefixLength: number };

/** A route's destination, `0.0.0.0`/0 for the default one, and its output interface (0: none). */
export type Route = { destination: string; prefixLength: number; linkIndex: number; table: number };

export function addAddress({ linkIndex, address, prefixLength }: InterfaceAddress): NetlinkMessage {
  const value = ipv4Bytes(address);
  return {
    type: RTM_NEWADDR,
    flags: NLM_F_CREATE | NLM_F_EXCL,
    header: addressHeader(linkIndex, prefixLength),
    attributes: [
      bytes(IFA_LOCAL, value),
      bytes(IFA_ADDRESS, value),
      bytes(IFA_BROADCAST, broadcastOf(value, prefixLength)),
    ],
    description: `add address ${address}/${prefixLength}`,
  };
}

export function deleteAddress({ linkIndex, address, prefixLength }: InterfaceAddress): NetlinkMessage {
  return {
    type: RTM_DELADDR,
    flags: 0,
    header: addressHeader(linkIndex, prefixLength),
    attributes: [bytes(IFA_LOCAL, ipv4Bytes(address))],
    description: `delete address ${address}/${prefixLength}`,
  };
}

export function dumpAddresses(): NetlinkMessage {
  return {
    type: RTM_GETADDR,
    flags: 0,
    header: addressHeader(0, 0),
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
    address: [...(address ?? [])].join('.'),
  };
}

export function addDefaultRoute(gateway: string): NetlinkMessage {
  return {
    type: RTM_NEWROUTE,
    flags: NLM_F_CREATE | NLM_F_REPLACE,
    // struct rtmsg: family, lengths of destination and source, tos, table, protocol, scope, type, flags.
    header: Buffer.from([
      AF_INET,
      0,
      0,
      0,
      RT_TABLE_MAIN,
      RTPROT_BOOT,
      RT_SCOPE_UNIVERSE,
      RTN_UNICAST,
      0,
      0,
      0,
      0,
    ]),
    attributes: [bytes(RTA_GATEWAY, ipv4Bytes(gateway))],
    description: `add default route via ${gateway}`,
  };
}

export function dumpRoutes(): NetlinkMessage {
  return {
    type: RTM_GETROUTE,
    flags: 0,
    header: Buffer.from([AF_INET, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    attributes: [],
    description: 'list routes',
  };
}

export function parseRoute({ payload }: NetlinkReply): Route {
  const attributes = decodeAttributes(payload.subarray(12));
  return {
    prefixLength: payload.readUInt8(1),
    table: payload.readUInt8(4),
    destination: [...(attributes.get(RTA_DST) ?? [0, 0, 0, 0])].join('.'),
    linkIndex: attributes.get(RTA_OIF)?.readUInt32LE(0) ?? 0,
  };
}

/**
 * Tells the host which link-layer address an IPv4 address has now, if it believes to know one, or is about to
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
    header: neighbourHeader({ family: AF_INET, linkIndex, state: NUD_REACHABLE, flags: 0 }),
    attributes: [bytes(NDA_DST, ipv4Bytes(address)), bytes(NDA_LLADDR, macBytes(macAddress))],
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

/** Four bytes, in network order. */
export function ipv4Bytes(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number));
}

function broadcastOf(address: Buffer, prefixLength: number): Buffer {
  const broadcast = Buffer.alloc(4);
  const hostMask = prefixLength === 0 ? 0xffffffff : (2 ** (32 - prefixLength) - 1) >>> 0;
  broadcast.writeUInt32BE((address.readUInt32BE(0) | hostMask) >>> 0);
  return broadcast;
}

/** struct ifaddrmsg: family, prefix length, flags, scope, index. */
function addressHeader(linkIndex: number, prefixLength: number): Buffer {
  const header = Buffer.from([AF_INET, prefixLength, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32LE(linkIndex, 4);
  return header;
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

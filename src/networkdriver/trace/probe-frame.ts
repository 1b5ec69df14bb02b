import { ETH_P_IP, ETH_P_IPV6, IPPROTO_TCP, IPPROTO_UDP } from '../../kernel/abi/socket.ts';
import { ipBytes } from '../../kernel/netlink/address-messages.ts';
import { macBytes } from '../../kernel/netlink/link-messages.ts';

/** A neighbour that there is none of (locally administered). */
const NEIGHBOUR = Buffer.from('020000000001', 'hex');
const TTL = 64;
const WINDOW = 1024;

/** Of TCP (RFC 9293, section 3.1). */
export const FLAGS = { rst: 0x04, syn: 0x02, ack: 0x10 } as const;

export type ProbeFrame = {
  protocol: 'tcp' | 'udp';
  macAddress: string;
  from: { address: string; port: number };
  to: { address: string; port: number };
  flags: number;
  sequence: number;
};

/** A frame to one of the host's interfaces: a segment of TCP, or an empty datagram of UDP. */
export function encodeProbe(frame: ProbeFrame): Buffer {
  const [from, to] = [ipBytes(frame.from.address), ipBytes(frame.to.address)];
  const protocol = frame.protocol === 'tcp' ? IPPROTO_TCP : IPPROTO_UDP;
  const segment = frame.protocol === 'tcp' ? tcpSegment(frame) : udpDatagram(frame);
  const length = Buffer.from([0, segment.length]);
  const sum = checksum(Buffer.concat([from, to, Buffer.from([0, protocol]), length, segment]));
  segment.writeUInt16BE(sum, frame.protocol === 'tcp' ? 16 : 6);
  const isIpv4 = from.length === 4;
  const header = isIpv4 ? ipv4Header(from, to, protocol, segment) : ipv6Header(from, to, protocol, segment);
  const type = Buffer.alloc(2);
  type.writeUInt16BE(isIpv4 ? ETH_P_IP : ETH_P_IPV6);
  return Buffer.concat([macBytes(frame.macAddress), NEIGHBOUR, type, header, segment]);
}

function tcpSegment({ from, to, flags, sequence }: ProbeFrame): Buffer {
  const segment = Buffer.alloc(20);
  segment.writeUInt16BE(from.port, 0);
  segment.writeUInt16BE(to.port, 2);
  segment.writeUInt32BE(sequence, 4);
  segment.writeUInt8((segment.length / 4) << 4, 12);
  segment.writeUInt8(flags, 13);
  segment.writeUInt16BE(WINDOW, 14);
  return segment;
}

function udpDatagram({ from, to }: ProbeFrame): Buffer {
  const datagram = Buffer.alloc(8);
  datagram.writeUInt16BE(from.port, 0);
  datagram.writeUInt16BE(to.port, 2);
  datagram.writeUInt16BE(datagram.length, 4);
  return datagram;
}

/** RFC 791, section 3.1. */
function ipv4Header(from: Buffer, to: Buffer, protocol: number, segment: Buffer): Buffer {
  const header = Buffer.from([0x45, 0, 0, 0, 0, 0, 0x40, 0, TTL, protocol, 0, 0, ...from, ...to]);
  header.writeUInt16BE(header.length + segment.length, 2);
  header.writeUInt16BE(checksum(header), 10);
  return header;
}

/** RFC 8200, section 3. */
function ipv6Header(from: Buffer, to: Buffer, protocol: number, segment: Buffer): Buffer {
  return Buffer.from([0x60, 0, 0, 0, 0, segment.length, protocol, TTL, ...from, ...to]);
}

/** RFC 1071, of an even number of bytes. */
function checksum(data: Buffer): number {
  let sum = 0;
  for (let at = 0; at < data.length; at += 2) sum += data.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/**
 * Netlink messages and attributes as plain data, and their wire form (include/uapi/linux/netlink.h; RFC 3549
 * section 2). Numbers are in host byte order unless an attribute says otherwise; supported hosts are little
 * endian.
 */
import { NLA_F_NESTED, NLA_TYPE_MASK, NLMSG_HEADER_BYTES, NLM_F_REQUEST } from '../abi/netlink.ts';

export type Attribute = { type: number; value: Uint8Array };

export type NetlinkMessage = {
  type: number;
  /** NLM_F_*, besides NLM_F_REQUEST and NLM_F_ACK, which the socket sets. */
  flags: number;
  /** The fixed part of the payload (ifinfomsg, nfgenmsg …). */
  header: Uint8Array;
  attributes: readonly Attribute[];
  /** For error messages: `add veth12ab34c`. */
  description?: string;
  /** An errno that is as good as success. */
  ignoredErrno?: number;
};

/** The nlmsghdr, the payload, and padding to a multiple of four bytes. */
export function encodeMessage(message: NetlinkMessage, sequence: number, flags = 0): Buffer {
  const length = NLMSG_HEADER_BYTES + align(message.header.length) + attributesLength(message.attributes);
  const buffer = Buffer.alloc(length);
  buffer.writeUInt32LE(length, 0);
  buffer.writeUInt16LE(message.type, 4);
  buffer.writeUInt16LE(message.flags | flags | NLM_F_REQUEST, 6);
  buffer.writeUInt32LE(sequence, 8);
  buffer.set(message.header, NLMSG_HEADER_BYTES);
  writeAttributes(buffer, NLMSG_HEADER_BYTES + align(message.header.length), message.attributes);
  return buffer;
}

/** The attributes that fill `data`, in order; nested ones are decoded by calling it again on their value. */
export function decodeAttributes(data: Buffer): Map<number, Buffer> {
  const attributes = new Map<number, Buffer>();
  for (let offset = 0; offset + 4 <= data.length; ) {
    const length = data.readUInt16LE(offset);
    if (length < 4 || offset + length > data.length) break;
    attributes.set(data.readUInt16LE(offset + 2) & NLA_TYPE_MASK, data.subarray(offset + 4, offset + length));
    offset += align(length);
  }
  return attributes;
}

/** As {@link decodeAttributes}, of an array: attributes of one repeated type. */
export function decodeList(data: Buffer): Buffer[] {
  const list: Buffer[] = [];
  for (let offset = 0; offset + 4 <= data.length; ) {
    const length = data.readUInt16LE(offset);
    if (length < 4 || offset + length > data.length) break;
    list.push(data.subarray(offset + 4, offset + length));
    offset += align(length);
  }
  return list;
}

export function bytes(type: number, value: Uint8Array): Attribute {
  return { type, value };
}

export function text(type: number, value: string): Attribute {
  return { type, value: Buffer.from(`${value}\0`) };
}

export function u8(type: number, value: number): Attribute {
  return { type, value: Uint8Array.of(value) };
}

export function u16(type: number, value: number): Attribute {
  const buffer = Buffer.allocUnsafe(2);
  buffer.writeUInt16LE(value);
  return { type, value: buffer };
}

export function u32(type: number, value: number): Attribute {
  const buffer = Buffer.allocUnsafe(4);
  buffer.writeUInt32LE(value);
  return { type, value: buffer };
}

/** `prefix` precedes the attributes (veth's peer has an ifinfomsg there). */
export function nested(type: number, attributes: readonly Attribute[], prefix?: Uint8Array): Attribute {
  const start = align(prefix?.length ?? 0);
  const value = Buffer.alloc(start + attributesLength(attributes));
  if (prefix !== undefined) value.set(prefix, 0);
  writeAttributes(value, start, attributes);
  return { type: type | NLA_F_NESTED, value };
}

function writeAttributes(buffer: Buffer, start: number, attributes: readonly Attribute[]): void {
  let offset = start;
  for (const { type, value } of attributes) {
    buffer.writeUInt16LE(4 + value.length, offset);
    buffer.writeUInt16LE(type, offset + 2);
    buffer.set(value, offset + 4);
    offset += align(4 + value.length);
  }
}

function attributesLength(attributes: readonly Attribute[]): number {
  return attributes.reduce((sum, { value }) => sum + align(4 + value.length), 0);
}

function align(length: number): number {
  return (length + 3) & ~3;
}

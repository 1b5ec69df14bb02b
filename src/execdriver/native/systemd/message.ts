import { marshal, unmarshal, type Value, type Variant } from './wire.ts';

export const MESSAGE_TYPES = { call: 1, reply: 2, error: 3, signal: 4 } as const;

/** Header fields: number and type (D-Bus specification, "Header Fields"). */
const FIELDS: Record<string, readonly [number, string]> = {
  path: [1, 'o'],
  interface: [2, 's'],
  member: [3, 's'],
  errorName: [4, 's'],
  replySerial: [5, 'u'],
  destination: [6, 's'],
  signature: [8, 'g'],
};

/** The part of the header whose length is known beforehand. */
export const FIXED_HEADER_BYTES = 16;
const MAX_MESSAGE_BYTES = 1 << 27;
const PROTOCOL_VERSION = 1;

export type Message = {
  type: number;
  serial: number;
  path?: string;
  interface?: string;
  member?: string;
  errorName?: string;
  replySerial?: number;
  destination?: string;
  signature?: string;
  body: readonly Value[];
};

export function encodeMessage(message: Message): Buffer {
  const body = marshal(message.signature ?? '', message.body);
  const fields = Object.entries(FIELDS).flatMap(([name, [code, signature]]) => {
    const value = message[name as keyof Message] as Value | undefined;
    return value === undefined ? [] : [[code, { signature, value }] as const];
  });
  const header = marshal('yyyyuua(yv)', [
    'l'.charCodeAt(0),
    message.type,
    0,
    PROTOCOL_VERSION,
    body.length,
    message.serial,
    fields,
  ]);
  return Buffer.concat([header, Buffer.alloc(-header.length & 7), body]);
}

/** How long the message is whose first {@link FIXED_HEADER_BYTES} these are. @throws RangeError */
export function messageBytes(start: Buffer): number {
  if (start[0] !== 'l'.charCodeAt(0)) throw new RangeError('a message that is not little endian');
  const fields = start.readUInt32LE(12);
  const length = FIXED_HEADER_BYTES + fields + (-fields & 7) + start.readUInt32LE(4);
  if (length > MAX_MESSAGE_BYTES) throw new RangeError('a message that is too long');
  return length;
}

/** @throws RangeError for what is no message */
export function decodeMessage(bytes: Buffer): Message {
  const [, type, , , bodyBytes, serial, list] = unmarshal('yyyyuua(yv)', bytes) as [
    number,
    number,
    number,
    number,
    number,
    number,
    [number, Variant][],
  ];
  const known = new Map(list.map(([code, { value }]) => [code, value]));
  const fields = Object.fromEntries(
    Object.entries(FIELDS).map(([name, [code]]) => [name, known.get(code)]),
  ) as Partial<Message>;
  const body = unmarshal(fields.signature ?? '', bytes.subarray(bytes.length - bodyBytes));
  return { ...fields, type, serial, body };
}

/** A field of a message: its number, and its value; a message in it is a list of fields. */
export type Field = readonly [number, number | boolean | string | readonly Field[]];

const VARINT = 0;
const LENGTH_DELIMITED = 2;

/** The fields as they are encoded one after the other (protobuf's "Encoding" page); numbers are not negative. */
export function encodeFields(fields: readonly Field[]): Buffer {
  return Buffer.concat(fields.map(field => encodeField(field)));
}

function encodeField([number, value]: Field): Buffer {
  if (typeof value === 'number' || typeof value === 'boolean')
    return Buffer.concat([varint((number << 3) | VARINT), varint(Number(value))]);
  const bytes = typeof value === 'string' ? Buffer.from(value) : encodeFields(value);
  return Buffer.concat([varint((number << 3) | LENGTH_DELIMITED), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt(value);
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
}

/**
 * The fields of a message by their numbers: a bigint, or the bytes of a text or a message in it. Of a field that is
 * there several times the last one counts.
 * @throws RangeError for bytes that are no message of these two types
 */
export function decodeFields(bytes: Buffer): Map<number, bigint | Buffer> {
  const fields = new Map<number, bigint | Buffer>();
  let at = 0;
  const next = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const key = Number(next());
    const value = next();
    const type = key & 7;
    if (type === VARINT) fields.set(key >> 3, value);
    else if (type === LENGTH_DELIMITED && at + Number(value) <= bytes.length) {
      fields.set(key >> 3, bytes.subarray(at, at + Number(value)));
      at += Number(value);
    } else throw new RangeError(`a message of type ${type} that cannot be read`);
  }
  return fields;
}

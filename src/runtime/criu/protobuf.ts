import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** A field of a message: its number, and its value; a message in it is a list of fields. */
export type Field = readonly [number, number | boolean | string | readonly Field[]];

/** A message of these fields; numbers are not negative. */
export function encodeFields(fields: readonly Field[]): Buffer {
  const writer = new BinaryWriter();
  writeFields(writer, fields);
  return Buffer.from(writer.finish());
}

function writeFields(writer: BinaryWriter, fields: readonly Field[]): void {
  for (const [number, value] of fields) {
    if (typeof value === 'number' || typeof value === 'boolean') {
      writer.tag(number, WireType.Varint).uint64(Number(value));
      continue;
    }
    writer.tag(number, WireType.LengthDelimited);
    if (typeof value === 'string') writer.string(value);
    else {
      writer.fork();
      writeFields(writer, value);
      writer.join();
    }
  }
}

/**
 * The fields of a message by their numbers: a bigint, or the bytes of a text or a message in it. Those of other types
 * are left out. Of a field that is there several times the last one counts.
 * @throws Error for bytes that are no message
 */
export function decodeFields(bytes: Uint8Array): Map<number, bigint | Uint8Array> {
  const fields = new Map<number, bigint | Uint8Array>();
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (type === WireType.Varint) fields.set(number, BigInt(reader.uint64()));
    else if (type === WireType.LengthDelimited) fields.set(number, reader.bytes());
    else reader.skip(type, number);
  }
  return fields;
}

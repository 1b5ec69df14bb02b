import { EngineError } from '../base/errors.ts';
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** Beyond what any message has, and decoded in a moment. */
const MAX_FIELDS = 20_000;

/** How one field of a message is written. Absent fields have their zero value. */
export type FieldType<T> = {
  zero: () => T;
  /** Takes one occurrence. */
  read: (reader: BinaryReader, type: WireType, before: T) => T;
  /** Writes all there is to write, tags included; nothing for the zero value. */
  write: (writer: BinaryWriter, number: number, value: T) => void;
};

// oxlint-disable-next-line typescript/no-explicit-any -- a table holds fields of every type
type Fields = Record<string, readonly [number: number, type: FieldType<any>]>;
export type Message<F> = { decode(bytes: Uint8Array): F; encode(value: Partial<F>): Uint8Array };
type ValuesOf<F> = { [K in keyof F]: F[K] extends readonly [number, FieldType<infer T>] ? T : never };
export type MessageOf<M> = M extends Message<infer F> ? F : never;

/**
 * A message of proto3 by its fields: their numbers, and what they hold. What is not named is left out. Decoding throws
 * EngineError invalid-parameter for a message with more than 20,000 fields, Error for what is none.
 */
export function message<const F extends Fields>(given: F): Message<ValuesOf<F>> {
  const fields: Fields = given;
  const byNumber = new Map(Object.entries(fields).map(([name, [number, type]]) => [number, { name, type }]));
  return {
    decode(bytes) {
      const value: Record<string, unknown> = {};
      for (const [name, [, type]] of Object.entries(fields)) value[name] = type.zero();
      const reader = new BinaryReader(bytes);
      for (let count = 1; reader.pos < reader.len; count++) {
        if (count > MAX_FIELDS)
          throw new EngineError('invalid-parameter', `a message has more than ${MAX_FIELDS} fields`);
        const [number, wireType] = reader.tag();
        const field = byNumber.get(number);
        if (field === undefined) reader.skip(wireType, number);
        else value[field.name] = field.type.read(reader, wireType, value[field.name]);
      }
      return value as ValuesOf<F>;
    },
    encode(value) {
      const writer = new BinaryWriter();
      for (const [name, [number, type]] of Object.entries(fields)) {
        const own = (value as Record<string, unknown>)[name];
        if (own !== undefined) type.write(writer, number, own);
      }
      return writer.finish();
    },
  };
}

export const text: FieldType<string> = {
  zero: () => '',
  read: reader => reader.string(),
  write: (writer, number, value) => {
    if (value !== '') writer.tag(number, WireType.LengthDelimited).string(value);
  },
};

export const bytes: FieldType<Uint8Array> = {
  zero: () => new Uint8Array(),
  read: reader => reader.bytes(),
  write: (writer, number, value) => {
    if (value.length > 0) writer.tag(number, WireType.LengthDelimited).bytes(value);
  },
};

export const flag: FieldType<boolean> = {
  zero: () => false,
  read: reader => reader.bool(),
  write: (writer, number, value) => {
    if (value) writer.tag(number, WireType.Varint).bool(true);
  },
};

/** int32, int64, uint32, uint64 and enumerations, as far as numbers are exact. */
export const integer: FieldType<number> = {
  zero: () => 0,
  read: reader => Number(reader.int64()),
  write: (writer, number, value) => {
    if (value !== 0) writer.tag(number, WireType.Varint).int64(value);
  },
};

/** int64 where numbers would not be exact. */
export const exactInteger: FieldType<bigint> = {
  zero: () => 0n,
  read: reader => BigInt(reader.int64()),
  write: (writer, number, value) => {
    if (value !== 0n) writer.tag(number, WireType.Varint).int64(value);
  },
};

/** A message in a message; undefined where it is not there. */
export function nested<F>(type: Message<F>): FieldType<Partial<F> | undefined> {
  return {
    zero: () => undefined,
    read: reader => type.decode(reader.bytes()),
    write: (writer, number, value) => {
      if (value !== undefined) writer.tag(number, WireType.LengthDelimited).bytes(type.encode(value));
    },
  };
}

export function list<T>(element: FieldType<T>): FieldType<T[]> {
  return {
    zero: () => [],
    read: (reader, type, before) => {
      before.push(element.read(reader, type, element.zero()));
      return before;
    },
    write: (writer, number, values) => {
      for (const value of values) writeElement(writer, number, element, value);
    },
  };
}

/** Elements are written also where they are zero. */
function writeElement<T>(writer: BinaryWriter, number: number, element: FieldType<T>, value: T): void {
  const before = new BinaryWriter();
  element.write(before, number, value);
  const written = before.finish();
  if (written.length > 0) writer.raw(written);
  else writer.tag(number, WireType.LengthDelimited).bytes(new Uint8Array());
}

/** By texts. */
export function map<T>(value: FieldType<T>): FieldType<Record<string, T>> {
  const entryType = message({ key: [1, text], value: [2, value] });
  return {
    zero: () => Object.create(null) as Record<string, T>,
    read: (reader, _type, before) => {
      const entry = entryType.decode(reader.bytes());
      before[entry.key] = entry.value;
      return before;
    },
    write: (writer, number, values) => {
      for (const [key, own] of Object.entries(values)) {
        const entry = new BinaryWriter();
        text.write(entry, 1, key);
        value.write(entry, 2, own);
        writer.tag(number, WireType.LengthDelimited).bytes(entry.finish());
      }
    },
  };
}

const TIMESTAMP = message({ seconds: [1, integer], nanos: [2, integer] });

/** google.protobuf.Timestamp, as milliseconds since the epoch; undefined where it is not there. */
export const time: FieldType<number | undefined> = {
  zero: () => undefined,
  read: reader => {
    const { seconds, nanos } = TIMESTAMP.decode(reader.bytes());
    return seconds * 1000 + nanos / 1e6;
  },
  write: (writer, number, value) => {
    if (value === undefined) return;
    const [seconds, nanos] = [Math.floor(value / 1000), Math.round((value % 1000) * 1e6)];
    writer.tag(number, WireType.LengthDelimited).bytes(TIMESTAMP.encode({ seconds, nanos }));
  },
};

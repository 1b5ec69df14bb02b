/**
 * Values as D-Bus messages carry them (D-Bus specification, "Marshaling"), little endian. A value is a number or
 * bigint for `ynqiuxtd`, a boolean for `b`, a string for `sog`, an array for `a` and for structs, and a
 * {@link Variant} for `v`. Only what is asked of systemd, and what it answers, needs to pass: no descriptors.
 */
export type Value = number | bigint | boolean | string | Variant | readonly Value[] | Uint8Array;

/** A value with its type. */
export type Variant = { signature: string; value: Value };

const ALIGNMENT: Record<string, number> = {
  y: 1,
  g: 1,
  v: 1,
  n: 2,
  q: 2,
  b: 4,
  i: 4,
  u: 4,
  s: 4,
  o: 4,
  a: 4,
  x: 8,
  t: 8,
  d: 8,
  '(': 8,
  '{': 8,
};

const SIZES: Record<string, number> = { y: 1, n: 2, q: 2, i: 4, u: 4, x: 8, t: 8, d: 8 };
const CLOSING: Record<string, string> = { '(': ')', '{': '}' };

/** @throws TypeError when a value is not of its type: a fault of the program */
export function marshal(signature: string, values: readonly Value[]): Buffer {
  const types = splitSignature(signature);
  if (types.length !== values.length) throw new TypeError(`${signature} takes ${types.length} values`);
  const writer = new Writer();
  for (const [index, type] of types.entries()) writer.write(type, values[index]!);
  return writer.bytes();
}

/** @throws RangeError for bytes that are not such values */
export function unmarshal(signature: string, bytes: Buffer): Value[] {
  const reader = new Reader(bytes);
  return splitSignature(signature).map(type => reader.read(type));
}

/** What a value of the types `sog` says; empty for any other. */
export function textOf(value: Value | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** The single complete types of a signature. @throws TypeError */
export function splitSignature(signature: string): string[] {
  const types: string[] = [];
  for (let at = 0; at < signature.length; ) {
    const end = endOfType(signature, at);
    types.push(signature.slice(at, end));
    at = end;
  }
  return types;
}

function endOfType(signature: string, at: number): number {
  const code = signature[at]!;
  if (code === 'a') return endOfType(signature, at + 1);
  const closing = CLOSING[code];
  if (closing === undefined) {
    if (!(code in ALIGNMENT)) throw new TypeError(`invalid signature ${JSON.stringify(signature)}`);
    return at + 1;
  }
  let end = at + 1;
  while (signature[end] !== closing) end = endOfType(signature, end);
  return end + 1;
}

class Writer {
  readonly #parts: Buffer[] = [];
  #length = 0;

  bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }

  write(type: string, value: Value): void {
    const code = type[0]!;
    this.#pad(ALIGNMENT[code]!);
    if (code === 'b') this.#add(integer('u', value === true ? 1 : 0));
    else if (code in SIZES) this.#add(integer(code, value as number | bigint));
    else if (code === 's' || code === 'o' || code === 'g') this.#text(code, textOf(value));
    else if (code === 'v') this.#variant(value as Variant);
    else if (code === 'a') this.#array(type.slice(1), value as readonly Value[] | Uint8Array);
    else this.#struct(type, value as readonly Value[]);
  }

  #add(part: Buffer): void {
    this.#parts.push(part);
    this.#length += part.length;
  }

  #pad(alignment: number): void {
    const rest = this.#length % alignment;
    if (rest > 0) this.#add(Buffer.alloc(alignment - rest));
  }

  #text(code: string, text: string): void {
    const bytes = Buffer.from(`${text}\0`);
    this.#add(code === 'g' ? Buffer.of(bytes.length - 1) : integer('u', bytes.length - 1));
    this.#add(bytes);
  }

  #variant({ signature, value }: Variant): void {
    this.#text('g', signature);
    this.write(signature, value);
  }

  /** The length does not count the padding before the first element. */
  #array(element: string, values: readonly Value[] | Uint8Array): void {
    const length = Buffer.alloc(4);
    this.#add(length);
    this.#pad(ALIGNMENT[element[0]!]!);
    const start = this.#length;
    for (const value of values) this.write(element, value);
    length.writeUInt32LE(this.#length - start);
  }

  #struct(type: string, values: readonly Value[]): void {
    for (const [index, member] of splitSignature(type.slice(1, -1)).entries())
      this.write(member, values[index]!);
  }
}

function integer(code: string, value: number | bigint): Buffer {
  const bytes = Buffer.alloc(SIZES[code]!);
  if (code === 'x') bytes.writeBigInt64LE(BigInt(value));
  else if (code === 't') bytes.writeBigUInt64LE(BigInt(value));
  else if (code === 'd') bytes.writeDoubleLE(Number(value));
  else if (code === 'n' || code === 'i') bytes.writeIntLE(Number(value), 0, bytes.length);
  else bytes.writeUIntLE(Number(value), 0, bytes.length);
  return bytes;
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  read(type: string): Value {
    const code = type[0]!;
    this.#at = aligned(this.#at, ALIGNMENT[code]!);
    if (code === 'b') return this.#integer('u') !== 0;
    if (code in SIZES) return this.#integer(code);
    if (code === 's' || code === 'o') return this.#text(this.#integer('u') as number);
    if (code === 'g') return this.#text(this.#integer('y') as number);
    if (code === 'a') return this.#array(type.slice(1));
    if (code !== 'v') return splitSignature(type.slice(1, -1)).map(member => this.read(member));
    const signature = this.#text(this.#integer('y') as number);
    return { signature, value: this.read(signature) };
  }

  #integer(code: string): number | bigint {
    const at = this.#at;
    this.#at += SIZES[code]!;
    if (code === 'x') return this.#bytes.readBigInt64LE(at);
    if (code === 't') return this.#bytes.readBigUInt64LE(at);
    if (code === 'd') return this.#bytes.readDoubleLE(at);
    return code === 'n' || code === 'i'
      ? this.#bytes.readIntLE(at, SIZES[code]!)
      : this.#bytes.readUIntLE(at, SIZES[code]!);
  }

  #text(length: number): string {
    const text = this.#bytes.toString('utf8', this.#at, this.#at + length);
    this.#at += length + 1;
    if (this.#at > this.#bytes.length) throw new RangeError('a string reaches beyond its message');
    return text;
  }

  #array(element: string): Value[] {
    const length = this.#integer('u') as number;
    this.#at = aligned(this.#at, ALIGNMENT[element[0]!]!);
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new RangeError('an array reaches beyond its message');
    const values: Value[] = [];
    while (this.#at < end) values.push(this.read(element));
    return values;
  }
}

const aligned = (at: number, alignment: number) => Math.ceil(at / alignment) * alignment;

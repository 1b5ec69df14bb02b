import { EngineError } from '../base/errors.ts';

/**
 * Writes the fields of shim/protocol.h: integers as u64, strings and bytes as u32 length, data and a NUL,
 * lists as u32 count and entries; all little endian.
 */
export class FieldWriter {
  #buffer = Buffer.allocUnsafe(1024);
  #length = 0;

  /** What has been written. Valid until the next write. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  short(value: number): void {
    this.#reserve(2);
    this.#length = this.#buffer.writeUInt16LE(value, this.#length);
  }

  /** What another writer has written. */
  append(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  count(value: number): void {
    this.#reserve(4);
    this.#length = this.#buffer.writeUInt32LE(value, this.#length);
  }

  int(value: number | bigint): void {
    this.#reserve(8);
    if (typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER) {
      this.#buffer.writeUInt32LE(value % 0x1_0000_0000, this.#length);
      this.#buffer.writeUInt32LE(Math.floor(value / 0x1_0000_0000), this.#length + 4);
    } else {
      this.#buffer.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), this.#length);
    }
    this.#length += 8;
  }

  bytesField(value: Uint8Array): void {
    this.count(value.length);
    this.#reserve(value.length + 1);
    this.#buffer.set(value, this.#length);
    this.#length += value.length;
    this.#buffer[this.#length++] = 0;
  }

  /** @throws EngineError invalid-parameter for a string with a NUL in it, which no kernel interface could take */
  string(value: string): void {
    if (value.includes('\0'))
      throw new EngineError(
        'invalid-parameter',
        `a string contains nul byte (\\x00): ${JSON.stringify(value)}`,
      );
    const size = Buffer.byteLength(value);
    this.count(size);
    this.#reserve(size + 1);
    this.#length += this.#buffer.write(value, this.#length);
    this.#buffer[this.#length++] = 0;
  }

  list(values: readonly string[]): void {
    this.count(values.length);
    for (const value of values) this.string(value);
  }

  /** A u32 length, then what `write` writes. */
  block(write: () => void): void {
    this.count(0);
    const start = this.#length;
    write();
    this.#buffer.writeUInt32LE(this.#length - start, start - 4);
  }

  /** A field by its type in a layout; absent strings, bytes and flags are empty. */
  field(type: string, value: unknown): void {
    if (type === 'int') this.int(value as number | bigint);
    else if (type === 'flag') this.int(value ? 1 : 0);
    else if (type === 'string') this.string((value as string | undefined) ?? '');
    else if (type === 'list') this.list(value as string[]);
    else if (type === 'bytes')
      this.bytesField(typeof value === 'string' ? Buffer.from(value) : (value as Uint8Array));
    else if (type === 'ints') {
      this.count((value as number[]).length);
      for (const entry of value as number[]) this.int(entry);
    } else throw new TypeError(`no such field type: ${type}`);
  }

  #reserve(size: number): void {
    if (this.#length + size <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe((this.#length + size) * 2);
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

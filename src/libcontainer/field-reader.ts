/** Reads the fields that {@link FieldWriter} and the shim write. @throws RangeError past the end */
export class FieldReader {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  get done(): boolean {
    return this.#at >= this.#buffer.length;
  }

  bigint(): bigint {
    const value = this.#buffer.readBigUInt64LE(this.#at);
    this.#at += 8;
    return value;
  }

  int(): number {
    return Number(this.bigint());
  }

  string(): string {
    const length = this.#buffer.readUInt32LE(this.#at);
    const start = this.#at + 4;
    this.#at = start + length + 1;
    if (this.#at > this.#buffer.length) throw new RangeError('a string beyond the end of its message');
    return this.#buffer.toString('utf8', start, start + length);
  }
}

import { Duplex } from 'node:stream';

const MAX_BYTES = 4096;
const HEADER_BYTES = 8;

/** A client that keeps the beginning of what a process writes, both streams together, out of Docker's frames. */
export class OutputCollector {
  readonly stream: Duplex;
  #received: Buffer = Buffer.alloc(0);
  #text = '';
  #length = 0;

  constructor() {
    this.stream = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => {
        this.#take(chunk);
        done();
      },
    });
  }

  text(): string {
    return this.#length > MAX_BYTES ? `${this.#text}...` : this.#text;
  }

  #take(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    while (this.#received.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + this.#received.readUInt32BE(4);
      if (this.#received.length < end) return;
      const content = this.#received.subarray(HEADER_BYTES, end);
      this.#text += content.toString('utf8', 0, Math.max(0, MAX_BYTES - this.#length));
      this.#length += content.length;
      this.#received = this.#received.subarray(end);
    }
  }
}

import { Duplex } from 'node:stream';
import { FrameReader } from '../../api/frame.ts';

const MAX_BYTES = 4096;

/** A client that keeps the beginning of what a process writes, both streams together, out of Docker's frames. */
export class OutputCollector {
  readonly stream: Duplex;
  readonly #frames = new FrameReader();
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
    const content = this.#frames.read(chunk);
    this.#text += content.toString('utf8', 0, Math.max(0, MAX_BYTES - this.#length));
    this.#length += content.length;
  }
}

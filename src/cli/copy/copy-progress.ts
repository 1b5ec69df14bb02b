import { Transform } from 'node:stream';
import type { OutputStream } from '../context.ts';
import { formatSize } from '../values/size.ts';

const INTERVAL_MS = 150;

/** Counts what goes through it, shows that on a terminal, and says in the end how much it was. */
export class CopyProgress extends Transform {
  readonly #output: OutputStream;
  readonly #direction: 'to' | 'from';
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(output: OutputStream, direction: 'to' | 'from') {
    super();
    this.#output = output;
    this.#direction = direction;
    if (output.isTTY) this.#timer = setInterval(() => this.#show(), INTERVAL_MS);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: (error: null, chunk: Buffer) => void) {
    this.#bytes += chunk.length;
    done(null, chunk);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void) {
    this.#stop();
    done(error);
  }

  report(destination: string): void {
    this.#stop();
    this.#output.write(`Successfully copied ${formatSize(this.#bytes, 3)} to ${destination}\n`);
  }

  #show(): void {
    this.#output.write(`\u001B[2K\rCopying ${this.#direction} container - ${formatSize(this.#bytes, 3)}`);
  }

  #stop(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#output.write('\u001B[2K\r');
  }
}

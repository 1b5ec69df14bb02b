import { type Readable, Transform } from 'node:stream';
import type { OutputStream } from '../context.ts';
import { formatSize } from '../values/size.ts';

const INTERVAL_MS = 150;

/** Counts what goes through it, and shows that on a terminal until it is destroyed: `Sending - 12.3MB`. */
export class ByteProgress extends Transform {
  readonly #output: OutputStream;
  readonly #activity: string;
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(output: OutputStream, activity: string) {
    super();
    this.#output = output;
    this.#activity = activity;
    if (output.isTTY) this.#timer = setInterval(() => this.#show(), INTERVAL_MS);
  }

  /** How much it was so far, for people. */
  get size(): string {
    return formatSize(this.#bytes, 3);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: (error: null, chunk: Buffer) => void) {
    this.#bytes += chunk.length;
    done(null, chunk);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void) {
    this.stop();
    done(error);
  }

  /** Shows nothing any more. */
  stop(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#output.write('\u001B[2K\r');
  }

  #show(): void {
    this.#output.write(`\u001B[2K\r${this.#activity} - ${this.size}`);
  }
}

/** `source`, counted on its way. Errors go along, and who destroys either destroys both. */
export function counted(source: Readable, output: OutputStream, activity: string): ByteProgress {
  const progress = new ByteProgress(output, activity);
  source.once('error', error => progress.destroy(error));
  progress.once('close', () => source.destroy());
  return source.pipe(progress);
}

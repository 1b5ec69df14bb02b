import { createHash } from 'node:crypto';
import { closeSync, fdatasync, openSync, read, rmSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { EngineError } from '../../../base/errors.ts';
import type { BlobSink } from '../../client/download-blob.ts';
import type { ContentDigest } from './content-digest.ts';

const syncData = promisify(fdatasync);
const readAt = promisify(read);

/** A blob that comes from elsewhere, and is read meanwhile by any number of clients. */
export class ArrivingBlob implements BlobSink {
  readonly digest: ContentDigest;
  readonly sizeBytes: number;
  readonly path: string;
  receivedBytes = 0;
  readonly #fd: number;
  readonly #hash = createHash('sha256');
  #readers = 0;
  #outcome: 'coming' | 'whole' | 'failed' = 'coming';
  #moved = Promise.withResolvers<void>();

  constructor({ digest, sizeBytes, path }: { digest: ContentDigest; sizeBytes: number; path: string }) {
    this.digest = digest;
    this.sizeBytes = sizeBytes;
    this.path = path;
    this.#fd = openSync(path, 'wx+', 0o600);
  }

  write(chunk: Uint8Array): void {
    for (let done = 0; done < chunk.length; )
      done += writeSync(this.#fd, chunk, done, chunk.length - done, this.receivedBytes + done);
    this.#hash.update(chunk);
    this.receivedBytes += chunk.length;
    this.#tell();
  }

  /** Verifies and syncs it. @throws EngineError data-loss */
  async finish(): Promise<void> {
    const actual = `sha256:${this.#hash.digest('hex')}`;
    if (actual !== this.digest)
      throw new EngineError('data-loss', `what has come for ${this.digest} is ${actual}`);
    await syncData(this.#fd);
  }

  /** To be called once, when it is content, or will not be. */
  end(outcome: 'whole' | 'failed'): void {
    this.#outcome = outcome;
    if (outcome === 'failed') rmSync(this.path, { force: true });
    this.#tell();
    this.#closeUnused();
  }

  #tell(): void {
    const { resolve } = this.#moved;
    this.#moved = Promise.withResolvers();
    resolve();
  }

  /** Its bytes from `start` to before `end`, as they come; the last one not before all are known to be right. */
  async *read(start: number, end: number): AsyncGenerator<Buffer> {
    const release = this.retain();
    try {
      for (let position = start; position < end; ) {
        const available = Math.min(
          end,
          this.#outcome === 'whole' ? this.sizeBytes : Math.min(this.receivedBytes, this.sizeBytes - 1),
        );
        if (this.#outcome === 'failed') throw new EngineError('unavailable', `${this.digest} does not come`);
        if (available <= position) {
          await this.#moved.promise;
          continue;
        }
        const buffer = Buffer.allocUnsafe(Math.min(available - position, 256 * 1024));
        const { bytesRead } = await readAt(this.#fd, buffer, 0, buffer.length, position);
        position += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      release();
    }
  }

  /** Keeps it readable without a reader. @returns what ends that, once */
  retain(): () => void {
    this.#readers++;
    return () => {
      this.#readers--;
      this.#closeUnused();
    };
  }

  #closeUnused(): void {
    if (this.#readers > 0 || this.#outcome === 'coming' || this.#isClosed) return;
    this.#isClosed = true;
    closeSync(this.#fd);
  }

  #isClosed = false;

  /** Whether it can still be read here. */
  get isOpen(): boolean {
    return !this.#isClosed;
  }
}

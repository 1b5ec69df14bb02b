import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  fdatasync,
  ftruncateSync,
  openSync,
  renameSync,
  rmSync,
  write,
  writeSync,
} from 'node:fs';
import { promisify } from 'node:util';
import { type Growth, GrowthWriter, newGrowth } from '../../archive/growth.ts';
import { readDescriptor } from '../../archive/read-descriptor.ts';
import { type Digest, hexOf } from '../../base/digest.ts';
import { EngineError } from '../../base/errors.ts';

const syncData = promisify(fdatasync);
const writeData = promisify(write);

export type IngestFiles = {
  /** Where it is written, on the file system of `blobs`. */
  path: string;
  /** The directory of finished ones. */
  blobs: string;
  /** Called once, when it is over: committed, discarded or closed. */
  onEnd: (outcome: 'gone' | 'kept') => void;
};

/**
 * Content on its way into the store: written to a temporary file and hashed, then, once `commit` has verified
 * and synced it, found under its digest.
 */
export class Ingest {
  /** What has been written so far, and so where the next byte belongs. */
  sizeBytes = 0;
  readonly #files: IngestFiles;
  #path: string;
  #hash = createHash('sha256');
  #fd: number;
  #isOver = false;
  #digest: Digest | undefined;
  #growth: GrowthWriter | undefined;
  #committed: Promise<void> | undefined;

  private constructor(files: IngestFiles, flags: string) {
    this.#files = files;
    this.#path = files.path;
    this.#fd = openSync(files.path, flags, 0o600);
  }

  static create(files: IngestFiles): Ingest {
    return new Ingest(files, 'wx+');
  }

  /** Goes on with what an earlier one was `close`d with, or a crash has left; everything is read again for it. */
  static async resume(files: IngestFiles): Promise<Ingest> {
    const ingest = new Ingest(files, 'a+');
    try {
      for await (const chunk of readDescriptor(ingest.#fd)) ingest.#count(chunk);
      return ingest;
    } catch (error) {
      ingest.close();
      throw error;
    }
  }

  write(chunk: Uint8Array): void {
    this.#count(chunk);
    for (let done = 0; done < chunk.length; ) done += writeSync(this.fd, chunk, done);
    this.#growth?.grow(chunk.length);
  }

  /**
   * As `write`, but a disk that is busy does not hold up this thread. Nothing else may be called until it has settled:
   * the descriptor must stay open.
   */
  async append(chunk: Uint8Array): Promise<void> {
    this.#count(chunk);
    for (let done = 0; done < chunk.length; )
      done += (await writeData(this.fd, chunk, done, chunk.length - done, null)).bytesWritten;
    this.#growth?.grow(chunk.length);
  }

  /** For threads that read {@link fd} while it is being written, from its beginning. At most once. */
  follow(): Growth {
    const growth = newGrowth();
    this.#growth = new GrowthWriter(growth);
    this.#growth.grow(this.sizeBytes);
    if (this.#digest !== undefined) this.#growth.finish();
    return growth;
  }

  #count(chunk: Uint8Array): void {
    this.#hash.update(chunk);
    this.sizeBytes += chunk.length;
  }

  /** Starts over at byte 0. */
  truncate(): void {
    ftruncateSync(this.fd);
    this.#hash = createHash('sha256');
    this.sizeBytes = 0;
  }

  /** Says what a thread has written to {@link fd}: nothing is written by this object then. */
  fill({ digest, sizeBytes }: { digest: Digest; sizeBytes: number }): void {
    this.#digest = digest;
    this.sizeBytes = sizeBytes;
    this.#growth?.finish();
  }

  /** The digest of all that was written. Reading it ends the writing. */
  get digest(): Digest {
    if (this.#digest === undefined) {
      this.#digest = `sha256:${this.#hash.digest('hex')}`;
      this.#growth?.finish();
    }
    return this.#digest;
  }

  /** For reading what was written; valid until `rest`, `discard` or `close`. */
  get fd(): number {
    if (this.#fd < 0 && !this.#isOver) this.#fd = openSync(this.#path, constants.O_RDWR | constants.O_APPEND);
    return this.#fd;
  }

  /** Closes {@link fd} until it is next read: of thousands of files not all can be open. */
  rest(): void {
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
  }

  /**
   * Makes the content permanent. A second call has no effect. What was written stays readable by {@link fd} until
   * `discard`, which has to follow.
   * @throws EngineError data-loss when its digest or size is not the expected one: then it is of no use any more
   */
  commit(expected: { digest?: Digest; sizeBytes?: number } = {}): Promise<void> {
    this.#committed ??= this.#commit(expected);
    return this.#committed;
  }

  async #commit(expected: { digest?: Digest; sizeBytes?: number }): Promise<void> {
    const { digest, sizeBytes } = this;
    if (expected.digest !== undefined && expected.digest !== digest)
      throw new EngineError('data-loss', `content has the digest ${digest}, expected ${expected.digest}`);
    if (expected.sizeBytes !== undefined && expected.sizeBytes !== sizeBytes)
      throw new EngineError('data-loss', `content has ${sizeBytes} bytes, expected ${expected.sizeBytes}`);
    const target = `${this.#files.blobs}/${hexOf(digest)}`;
    if (existsSync(target)) return;
    await syncData(this.fd);
    renameSync(this.#path, target);
    this.#path = target;
  }

  /** As {@link commit}, but what was written may not be on the disk yet: a power failure may damage it. */
  publish(): void {
    const target = `${this.#files.blobs}/${hexOf(this.digest)}`;
    if (existsSync(target)) return;
    renameSync(this.#path, target);
    this.#path = target;
  }

  /** The rest will not be written, so that readers that follow stop waiting for it. No effect when it is whole. */
  abandon(): void {
    this.#growth?.abandon();
  }

  /** Ends the use of {@link fd}, and removes what was not committed. Idempotent. */
  discard(): void {
    if (this.#end('gone')) rmSync(this.#files.path, { force: true });
  }

  /** Ends the use of {@link fd}, and leaves what was written to a later `resume`. Idempotent. */
  close(): void {
    this.#end('kept');
  }

  /** Takes the file out of the store, without a name: a descriptor that the caller closes. */
  detach(): number {
    const fd = openSync(`/proc/self/fd/${this.fd}`, 'r');
    this.discard();
    return fd;
  }

  #end(outcome: 'gone' | 'kept'): boolean {
    if (this.#isOver) return false;
    this.abandon();
    this.rest();
    this.#isOver = true;
    this.#files.onEnd(outcome);
    return true;
  }
}

import { createHash } from 'node:crypto';
import { closeSync, existsSync, fdatasync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { type Digest, hexOf } from '../../base/digest.ts';
import { EngineError } from '../../base/errors.ts';

const syncData = promisify(fdatasync);

/**
 * Content on its way into the store: written to a temporary file and hashed, then, once `commit` has verified
 * and synced it, found under its digest. Nothing of it is left after `discard`, nor after a crash.
 */
export class Ingest {
  sizeBytes = 0;
  readonly #path: string;
  readonly #blobs: string;
  readonly #hash = createHash('sha256');
  #fd: number;
  #digest: Digest | undefined;
  #committed: Promise<void> | undefined;

  /** @param path a new file; `blobs`: the directory of finished ones, on the same file system */
  constructor(path: string, blobs: string) {
    this.#path = path;
    this.#blobs = blobs;
    this.#fd = openSync(path, 'wx+', 0o644);
  }

  write(chunk: Uint8Array): void {
    this.#hash.update(chunk);
    this.sizeBytes += chunk.length;
    for (let done = 0; done < chunk.length; ) done += writeSync(this.#fd, chunk, done);
  }

  /** Says what a thread has written to {@link fd}: nothing is written by this object then. */
  fill({ digest, sizeBytes }: { digest: Digest; sizeBytes: number }): void {
    this.#digest = digest;
    this.sizeBytes = sizeBytes;
  }

  /** Of all that was written. Nothing can be written after the first look at it. */
  get digest(): Digest {
    this.#digest ??= `sha256:${this.#hash.digest('hex')}`;
    return this.#digest;
  }

  /** For reading what was written; valid until `discard` or `close`. */
  get fd(): number {
    return this.#fd;
  }

  /**
   * Makes the content permanent. A second call has no effect.
   * @throws EngineError data-loss when its digest or size is not the expected one
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
    const target = `${this.#blobs}/${hexOf(digest)}`;
    if (existsSync(target)) return;
    await syncData(this.#fd);
    renameSync(this.#path, target);
  }

  /** Ends the use of {@link fd}, and removes what was not committed. Idempotent. */
  discard(): void {
    if (this.#fd < 0) return;
    closeSync(this.#fd);
    this.#fd = -1;
    rmSync(this.#path, { force: true });
  }
}

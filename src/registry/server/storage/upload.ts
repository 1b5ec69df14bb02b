import type { Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, rm, stat } from 'node:fs/promises';
import { errorCode } from '../../../base/errors.ts';
import { DistributionError } from '../distribution-error.ts';
import { algorithmOf, type ContentDigest, type DigestAlgorithm, newHash } from './content-digest.ts';

/** What is gathered before it is written: few calls, and no more memory than this twice for each upload. */
const BATCH_BYTES = 256 * 1024;
/** How much is read at once to be hashed: about a millisecond's work. */
const PIECE_BYTES = 1024 * 1024;

export type UploadOptions = {
  id: string;
  repository: string;
  /** Who began it; nobody else goes on with it. */
  owner: string;
  /** The file that it is written to, which may have some of it already. */
  path: string;
};

/** A blob on its way into the registry, over any number of requests, one of which writes at a time. */
export class Upload {
  readonly id: string;
  readonly repository: string;
  readonly owner: string;
  readonly path: string;
  /** The hash of the first `#hashedBytes` bytes of the file. */
  #hash: Hash = newHash('sha256');
  #hashedBytes = 0;
  #sizeBytes = 0;
  #writer: { abort: AbortController; done: Promise<unknown> } | undefined;
  #isOver = false;

  constructor({ id, repository, owner, path }: UploadOptions) {
    this.id = id;
    this.repository = repository;
    this.owner = owner;
    this.path = path;
  }

  /** Takes up what an earlier process has left. @returns whether it has left anything */
  async resume(): Promise<boolean> {
    try {
      this.#sizeBytes = (await stat(this.path)).size;
      return true;
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return false;
      throw error;
    }
  }

  /** How much is there, and so where the next byte belongs. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /**
   * Appends a request's body. A request that still writes is given up: its client has begun anew.
   * @param start where the body says that it belongs; undefined: behind what is there
   * @param giveUp ends the body, which need not come any further by itself
   * @throws DistributionError RANGE_INVALID when it belongs elsewhere; what the body throws: what came before stays
   */
  append(
    body: AsyncIterable<Buffer>,
    { start, giveUp }: { start?: number; giveUp: () => void },
  ): Promise<void> {
    return this.#alone(async signal => {
      if (start !== undefined && start !== this.#sizeBytes)
        throw new DistributionError('RANGE_INVALID', 'the chunk is out of order', {
          detail: { expected: this.#sizeBytes, got: start },
        });
      const file = await open(this.path, constants.O_WRONLY | constants.O_CREAT, 0o600);
      try {
        signal.addEventListener('abort', giveUp, { once: true });
        await this.#write(file, body, signal);
      } finally {
        await file.close();
      }
    });
  }

  /** One batch is written while the next one comes. */
  async #write(file: FileHandle, body: AsyncIterable<Buffer>, signal: AbortSignal): Promise<void> {
    let batch: Buffer[] = [];
    let batchBytes = 0;
    let writing = Promise.resolve();
    const flush = async () => {
      await writing;
      writing = this.#writeBatch(file, batch, batchBytes);
      // It is waited for before the next one; until then nobody listens.
      writing.catch(() => undefined);
      [batch, batchBytes] = [[], 0];
    };
    try {
      for await (const chunk of body) {
        if (signal.aborted) throw takenOver();
        batch.push(chunk);
        batchBytes += chunk.length;
        if (batchBytes >= BATCH_BYTES) await flush();
      }
    } finally {
      if (batchBytes > 0) await flush();
      await writing;
    }
  }

  async #writeBatch(file: FileHandle, batch: Buffer[], length: number): Promise<void> {
    let position = this.#sizeBytes;
    for (let rest = batch; rest.length > 0; ) {
      const { bytesWritten } = await file.writev(rest, position);
      position += bytesWritten;
      rest = behind(rest, bytesWritten);
    }
    if (this.#hashedBytes === this.#sizeBytes) {
      for (const chunk of batch) this.#hash.update(chunk);
      this.#hashedBytes += length;
    }
    this.#sizeBytes += length;
  }

  /**
   * Verifies what is there, and brings it to the disk; the caller moves the file, and then calls `end`.
   * @throws DistributionError DIGEST_INVALID
   */
  finish<T>(digest: ContentDigest, adopt: (sizeBytes: number) => Promise<T>): Promise<T> {
    return this.#alone(async () => {
      const file = await open(this.path, 'r').catch((cause: unknown) => {
        throw new DistributionError('BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry', { cause });
      });
      try {
        const actual = await this.#digest(file, algorithmOf(digest));
        if (actual !== digest)
          throw new DistributionError('DIGEST_INVALID', 'provided digest did not match uploaded content', {
            detail: { digest, actual },
          });
        await file.datasync();
      } finally {
        await file.close();
      }
      const result = await adopt(this.#sizeBytes);
      this.#isOver = true;
      return result;
    });
  }

  async #digest(file: FileHandle, algorithm: DigestAlgorithm): Promise<ContentDigest> {
    const isKnown = algorithm === 'sha256';
    const hash = isKnown ? this.#hash.copy() : newHash(algorithm);
    await hashFile(file, hash, { start: isKnown ? this.#hashedBytes : 0, end: this.#sizeBytes });
    return `${algorithm}:${hash.digest('hex')}`;
  }

  /** What is there goes. Idempotent. */
  async discard(): Promise<void> {
    this.#isOver = true;
    this.#writer?.abort.abort();
    await this.#writer?.done.catch(() => undefined);
    await rm(this.path, { force: true });
  }

  async #alone<T>(task: (signal: AbortSignal) => Promise<T>): Promise<T> {
    while (this.#writer !== undefined) {
      this.#writer.abort.abort();
      await this.#writer.done.catch(() => undefined);
    }
    if (this.#isOver) throw new DistributionError('BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry');
    const abort = new AbortController();
    const done = task(abort.signal);
    const writer = { abort, done };
    this.#writer = writer;
    try {
      return await done;
    } finally {
      if (this.#writer === writer) this.#writer = undefined;
    }
  }
}

async function hashFile(
  file: FileHandle,
  hash: Hash,
  { start, end }: { start: number; end: number },
): Promise<void> {
  const buffer = Buffer.allocUnsafe(Math.min(PIECE_BYTES, Math.max(end - start, 1)));
  for (let position = start; position < end; ) {
    const wanted = Math.min(buffer.length, end - position);
    const { bytesRead } = await file.read(buffer, 0, wanted, position);
    if (bytesRead === 0)
      throw new DistributionError('BLOB_UPLOAD_INVALID', 'the upload has lost some of its bytes');
    hash.update(buffer.subarray(0, bytesRead));
    position += bytesRead;
  }
}

/** What is left of a list of buffers behind so many bytes. */
function behind(buffers: Buffer[], length: number): Buffer[] {
  const rest = [...buffers];
  let skipped = length;
  for (let first = rest[0]; first !== undefined && first.length <= skipped; first = rest[0]) {
    skipped -= first.length;
    rest.shift();
  }
  if (skipped > 0 && rest[0] !== undefined) rest[0] = rest[0].subarray(skipped);
  return rest;
}

function takenOver(): DistributionError {
  return new DistributionError('BLOB_UPLOAD_INVALID', 'another request goes on with this upload');
}

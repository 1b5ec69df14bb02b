import { randomBytes } from 'node:crypto';
import { createReadStream, renameSync } from 'node:fs';
import { constants, copyFile, link, open, rm, stat } from 'node:fs/promises';
import { hasErrorCode, messageOf } from '../../../base/errors.ts';
import type { RegistryLogger } from '../registry-logger.ts';
import type { BlobFiles } from './blob-files.ts';
import { algorithmOf, type ContentDigest, layoutPath, newHash } from './content-digest.ts';
import type { ContentLeases } from './content-leases.ts';
import type { BlobRecord } from './records.ts';

/** What is one file now, and was two. */
export type Shared = { blobs: number; bytes: number };
/** A verified and synced file below `uploads`, which the caller adopts or removes. */
export type TakenBlob = { path: string; sizeBytes: number };

const PAGE = 500;
const READ_BYTES = 1024 * 1024;
/** Where a second name cannot be given: another file system, a limit of it, or a file that is not this user's. */
const UNSHAREABLE = ['EXDEV', 'EMLINK', 'EPERM', 'ENOTSUP'];

/**
 * The content of an engine that lies on the same file system. What the registry has as well is one file with two names,
 * each of which its owner takes away when it likes; the room is free when both are gone.
 */
export class SharedContent {
  readonly #directory: string;
  readonly #files: BlobFiles;
  readonly #leases: ContentLeases;
  readonly #logger: RegistryLogger;
  #queue: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  /** @param directory the engine's image layout */
  constructor(
    directory: string,
    { files, leases, logger }: { files: BlobFiles; leases: ContentLeases; logger: RegistryLogger },
  ) {
    this.#directory = directory;
    this.#files = files;
    this.#leases = leases;
    this.#logger = logger;
  }

  /** A blob that the engine has, to be one of ours without being sent; undefined where it has none, or a damaged one. */
  async take(digest: ContentDigest): Promise<TakenBlob | undefined> {
    try {
      return await this.#take(digest, { mayCopy: true });
    } catch (error) {
      if (hasErrorCode(error, 'ENOENT', 'EACCES')) return undefined;
      throw error;
    }
  }

  async #take(digest: ContentDigest, { mayCopy }: { mayCopy: boolean }): Promise<TakenBlob | undefined> {
    const source = this.#pathOf(digest);
    const path = this.#files.uploadPath(`shared-${randomBytes(16).toString('hex')}`);
    let isWanted = false;
    try {
      await link(source, path).catch(async (error: unknown) => {
        if (!mayCopy || !hasErrorCode(error, ...UNSHAREABLE)) throw error;
        await copyFile(source, path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
      });
      const sizeBytes = await this.#verifiedSize(path, digest);
      isWanted = sizeBytes !== undefined;
      return sizeBytes === undefined ? undefined : { path, sizeBytes };
    } finally {
      if (!isWanted) await rm(path, { force: true });
    }
  }

  /** Of what has been synced; undefined where it has another digest. */
  async #verifiedSize(path: string, digest: ContentDigest): Promise<number | undefined> {
    const hash = newHash(algorithmOf(digest));
    let sizeBytes = 0;
    for await (const chunk of createReadStream(path, { highWaterMark: READ_BYTES })) {
      if (this.#isClosed) return undefined;
      hash.update(chunk as Buffer);
      sizeBytes += (chunk as Buffer).length;
    }
    if (`${algorithmOf(digest)}:${hash.digest('hex')}` !== digest) return undefined;
    await using file = await open(path, 'r');
    await file.datasync();
    return sizeBytes;
  }

  /** Has the engine's file take the place of ours, where both are there and two. @returns whether it did */
  async share({ digest, sizeBytes }: BlobRecord): Promise<boolean> {
    using _held = this.#leases.hold(digest);
    const [ours, theirs] = await Promise.all(
      [this.#files.pathOf(digest), this.#pathOf(digest)].map(path => stat(path).catch(() => undefined)),
    );
    const isTwice = ours?.dev === theirs?.dev && ours?.ino !== theirs?.ino && theirs?.size === sizeBytes;
    if (!isTwice || ours === undefined || this.#isClosed) return false;
    try {
      const taken = await this.#take(digest, { mayCopy: false });
      if (taken === undefined) return false;
      // What reads ours goes on with it. The directory need not be synced: either name leads to the same bytes.
      renameSync(taken.path, this.#files.pathOf(digest));
      return true;
    } catch (error) {
      if (hasErrorCode(error, 'ENOENT', ...UNSHAREABLE)) return false;
      throw error;
    }
  }

  /** @param blobsBehind all that there are, in pages. @throws the signal's reason */
  async shareAll(
    blobsBehind: (digest: string, count: number) => readonly BlobRecord[],
    signal: AbortSignal,
  ): Promise<Shared> {
    const shared: Shared = { blobs: 0, bytes: 0 };
    for (
      let page = blobsBehind('', PAGE);
      page.length > 0;
      page = blobsBehind(page.at(-1)?.digest ?? '', PAGE)
    )
      for (const blob of page) {
        signal.throwIfAborted();
        if (!(await this.share(blob))) continue;
        shared.blobs++;
        shared.bytes += blob.sizeBytes;
      }
    return shared;
  }

  /** Without anybody waiting for it. */
  shareSoon(blob: BlobRecord): void {
    this.#queue = this.#queue
      .then(() => this.share(blob))
      .catch((error: unknown) => this.#logger.error({ error }, `${blob.digest}: ${messageOf(error)}`));
  }

  #pathOf(digest: ContentDigest): string {
    return `${this.#directory}/blobs/${layoutPath(digest)}`;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#queue;
  }
}

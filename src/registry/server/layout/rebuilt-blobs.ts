import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { type Digest, isDigest } from '../../../base/digest.ts';
import { EngineError, messageOf } from '../../../base/errors.ts';
import { Semaphore } from '../../../base/semaphore.ts';
import type { RegistryLogger } from '../registry-logger.ts';
import { ArrivingBlob } from '../storage/arriving-blob.ts';
import type { ContentDigest } from '../storage/content-digest.ts';

/** Blobs that an engine keeps as recipes only. */
export type DiscardedContent = {
  sizeOf(digest: Digest): number | undefined;
  /** The bytes, unverified. */
  rebuild(digest: Digest): AsyncIterable<Buffer>;
};

/** Each reads a whole tree, and may compress it. */
const AT_ONCE = 2;
/** Whoever asks for one range of a blob asks for the next one soon. */
const KEPT_MS = 30_000;

/**
 * Blobs that are made again when they are asked for, in files without a name: who asks gets them while they are made,
 * the last byte when the digest is right.
 */
export class RebuiltBlobs {
  readonly #discarded: DiscardedContent;
  readonly #pathFor: (name: string) => string;
  readonly #logger: RegistryLogger;
  readonly #blobs = new Map<ContentDigest, ArrivingBlob>();
  readonly #places = new Semaphore(AT_ONCE);
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<void>>();
  readonly #kept = new Set<() => void>();

  constructor(
    discarded: DiscardedContent,
    { pathFor, logger }: { pathFor: (name: string) => string; logger: RegistryLogger },
  ) {
    this.#discarded = discarded;
    this.#pathFor = pathFor;
    this.#logger = logger;
  }

  /** Undefined for what is not discarded. Only when it is read it is made. */
  find(digest: ContentDigest): RebuiltBlob | undefined {
    if (!isDigest(digest)) return undefined;
    const sizeBytes = this.#discarded.sizeOf(digest);
    if (sizeBytes === undefined) return undefined;
    return { sizeBytes, read: (start, end) => this.#blob(digest, sizeBytes).read(start, end) };
  }

  #blob(digest: Digest, sizeBytes: number): ArrivingBlob {
    const known = this.#blobs.get(digest);
    if (known?.isOpen) return known;
    const path = this.#pathFor(`rebuilt-${randomBytes(16).toString('hex')}`);
    const blob = new ArrivingBlob({ digest, sizeBytes, path });
    // Its descriptor is enough, and leaves nothing behind.
    rmSync(path, { force: true });
    this.#blobs.set(digest, blob);
    const running = this.#make(blob, digest).finally(() => this.#running.delete(running));
    this.#running.add(running);
    return blob;
  }

  async #make(blob: ArrivingBlob, digest: Digest): Promise<void> {
    try {
      await this.#places.run(this.#closing.signal, async () => {
        for await (const chunk of this.#discarded.rebuild(digest)) {
          if (blob.receivedBytes + chunk.length > blob.sizeBytes || this.#closing.signal.aborted) break;
          blob.write(chunk);
        }
      });
      await blob.finish();
    } catch (error) {
      this.#blobs.delete(digest);
      blob.end('failed');
      if (!this.#closing.signal.aborted)
        this.#logger.error({ error }, `discarded blob ${digest}: ${messageOf(error)}`);
      return;
    }
    const release = blob.retain();
    blob.end('whole');
    const forget = () => {
      clearTimeout(timer);
      this.#kept.delete(forget);
      this.#blobs.delete(digest);
      release();
    };
    const timer = setTimeout(forget, KEPT_MS).unref();
    this.#kept.add(forget);
  }

  async close(): Promise<void> {
    this.#closing.abort(new EngineError('cancelled', 'the registry is being closed'));
    await Promise.allSettled(this.#running);
    for (const forget of this.#kept) forget();
  }
}

/** A blob of which only the recipe is there. */
export type RebuiltBlob = Pick<ArrivingBlob, 'sizeBytes' | 'read'>;

import type { ContentDigest } from './content-digest.ts';

const MAXIMUM_BYTES = 32 * 1024 * 1024;

/** Manifests that were asked for last. They are never stale: their bytes are their names. */
export class DocumentCache {
  /** Least recently used first. */
  readonly #kept = new Map<ContentDigest, Buffer>();
  #bytes = 0;

  get(digest: ContentDigest): Buffer | undefined {
    const data = this.#kept.get(digest);
    if (data === undefined) return undefined;
    this.#kept.delete(digest);
    this.#kept.set(digest, data);
    return data;
  }

  keep(digest: ContentDigest, data: Buffer): void {
    if (this.#kept.has(digest)) return;
    this.#kept.set(digest, data);
    this.#bytes += data.length;
    for (const [oldest, { length }] of this.#kept) {
      if (this.#bytes <= MAXIMUM_BYTES) return;
      this.#kept.delete(oldest);
      this.#bytes -= length;
    }
  }
}

import type { Digest } from '../../base/digest.ts';
import type { Ingest } from './ingest.ts';

/**
 * Content by its digest: what registries, archives and builds bring and take. All of it lies in one OCI image
 * layout (image-layout.md).
 *
 * - **Whole or not there.** Content is found under its digest once all of it has been verified and synced.
 * - **Kept by reference.** An image keeps its manifest, configuration, layers and index. Who brings content for
 *   an image that is not recorded yet takes a lease first (leases.ts) and names in it what has to stay; what no
 *   image and no lease refers to goes when the last of them goes, or with the next check.
 * - **Maybe not as it is.** The engine may keep a layer as the tree it was unpacked into and a recipe for the
 *   bytes (discard-blobs.ts). `has`, `sizeOf` and `open` make no difference; only `open` takes longer then.
 */
export interface Content {
  has(digest: Digest): boolean;

  /** Bytes. @throws EngineError not-found */
  sizeOf(digest: Digest): number;

  /**
   * All of it, verified; for manifests, configurations and other small documents.
   * @throws EngineError not-found; data-loss when it is damaged
   */
  read(digest: Digest): Buffer;

  /**
   * A descriptor for reading, at position 0; the caller closes it. The content stays readable through it
   * whatever becomes of the store's own. Not verified again, unless it had to be rebuilt.
   * @throws EngineError not-found; data-loss when it cannot be rebuilt
   */
  open(digest: Digest): Promise<number>;

  /** New content, to be written; the caller commits or discards it, and a crash discards it. */
  ingest(): Ingest;

  /**
   * New content that outlives the process: what was written under `ref` (any text, such as a digest) before is
   * still there, and `sizeBytes` says where to go on. The caller ends with `commit`, with `discard`, or with `close`
   * to go on another time. What has not been touched for a day is removed.
   * @throws EngineError conflict while the same `ref` is open
   */
  resume(ref: string): Promise<Ingest>;

  /** The refs that {@link resume} would go on with. */
  unfinished(): { ref: string; sizeBytes: number; updatedAt: Date }[];

  /** Small content at once, permanent on return. */
  put(data: Uint8Array): Promise<Digest>;
}

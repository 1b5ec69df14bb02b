import { closeSync, readSync } from 'node:fs';
import {
  type Compression,
  decompressed,
  DETECTION_BYTES,
  detectCompression,
} from '../../archive/compression.ts';
import { readDescriptor } from '../../archive/read-descriptor.ts';
import type { Digest } from '../../base/digest.ts';
import type { ContentStore } from '../content/content-store.ts';
import type { Ingest } from '../content/ingest.ts';
import type { UnpackingLayer } from './layer-store.ts';

/** The blob of a layer, whole but maybe not in the store yet. */
export type LayerBlob = {
  digest: Digest;
  sizeBytes: number;
  compression: Compression;
  /** Open for reading as long as it is being stored. */
  fd: number;
  /** Where that has begun already: see AddLayer. */
  unpacking?: UnpackingLayer;
  /** Makes it permanent. May be called more than once. */
  commit(): Promise<void>;
};

/**
 * A layer's blob as the graph can keep it: xz and bzip2, which OCI knows no layers of, are decompressed into a
 * new ingest (`owned`, to be discarded by the caller).
 */
export async function layerBlob(
  content: ContentStore,
  ingest: Ingest,
): Promise<{ blob: LayerBlob; owned?: Ingest }> {
  const compression = detectCompression(firstBytes(ingest.fd));
  if (compression !== 'xz' && compression !== 'bzip2') return { blob: blobOf(ingest, compression) };
  const owned = await decompressedIngest(content, ingest);
  return { blob: blobOf(owned, 'none'), owned };
}

/** The uncompressed content of an ingest, as a new one that the caller commits or discards. */
export async function decompressedIngest(content: ContentStore, ingest: Ingest): Promise<Ingest> {
  const plain = content.ingest();
  try {
    for await (const chunk of decompressed(readDescriptor(ingest.fd))) plain.write(chunk);
    return plain;
  } catch (error) {
    plain.discard();
    throw error;
  }
}

/** A blob that is in the store. `close` it when done. @throws EngineError not-found */
export async function storedLayerBlob(
  content: ContentStore,
  digest: Digest,
): Promise<LayerBlob & { close(): void }> {
  const fd = await content.open(digest);
  const compression = detectCompression(firstBytes(fd));
  const sizeBytes = content.sizeOf(digest);
  return { digest, sizeBytes, compression, fd, commit: async () => undefined, close: () => closeSync(fd) };
}

function blobOf(ingest: Ingest, compression: LayerBlob['compression']): LayerBlob {
  const { digest, sizeBytes, fd } = ingest;
  return { digest, sizeBytes, compression, fd, commit: () => ingest.commit() };
}

function firstBytes(fd: number): Buffer {
  const start = Buffer.alloc(DETECTION_BYTES);
  return start.subarray(0, readSync(fd, start, 0, DETECTION_BYTES, 0));
}

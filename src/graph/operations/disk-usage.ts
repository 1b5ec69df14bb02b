import type { Digest } from '../../base/digest.ts';
import { TimeSlice } from '../../base/time-slice.ts';
import type { ContentStore } from '../content/content-store.ts';
import type { Image } from '../images/image.ts';
import type { GraphParts } from './graph-parts.ts';

/**
 * What the graph takes on its disk, as du(1) counts it. What several images have in common (unpacked layers and
 * content) counts once in the total: it is the images' unique bytes, and every shared thing once.
 */
export type GraphUsage = {
  /** Disk space of everything that images have. */
  totalBytes: number;
  images: ReadonlyMap<Digest, ImageUsage>;
  /** How much blobs had that were discarded, and what their recipes take instead. */
  discarded: { count: number; blobBytes: number; recipeBytes: number };
};

export type ImageUsage = {
  /** Layers and content of the image, also what others have too. */
  bytes: number;
  /** The part of `bytes` that at least one other image has too. */
  sharedBytes: number;
};

/** Layers that were not measured before are. */
export async function diskUsage(parts: GraphParts): Promise<GraphUsage> {
  await parts.layers.measure();
  const slice = new TimeSlice();
  const contentBytes = parts.content.diskBytesOfAll();
  const partsOfImages = new Map<Digest, Part[]>();
  const users = new Map<string, number>();
  let totalBytes = 0;
  for (const image of parts.images.list()) {
    const own = partsOf(parts, image, contentBytes);
    partsOfImages.set(image.id, own);
    for (const { key, bytes } of own) {
      if (!users.has(key)) totalBytes += bytes;
      users.set(key, (users.get(key) ?? 0) + 1);
    }
    if (slice.isOver) await slice.pause();
  }
  const images = new Map<Digest, ImageUsage>();
  for (const [id, own] of partsOfImages) {
    const shared = own.filter(({ key }) => (users.get(key) ?? 0) > 1);
    images.set(id, { bytes: sumOf(own), sharedBytes: sumOf(shared) });
    if (slice.isOver) await slice.pause();
  }
  return { totalBytes, images, discarded: discardedOf(parts.content) };
}

function sumOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { bytes }) => sum + bytes, 0);
}

type Part = { key: string; bytes: number };

/** The digest of an uncompressed layer's blob may be its chain ID as well. */
function partsOf(
  { images, layers }: GraphParts,
  { id, chainIds }: Image,
  contentBytes: (digest: Digest) => number,
): Part[] {
  return [
    ...chainIds.map(chainId => ({ key: `layer ${chainId}`, bytes: layers.diskBytes(chainId) ?? 0 })),
    ...images.blobsOf(id).map(digest => ({ key: `content ${digest}`, bytes: contentBytes(digest) })),
  ];
}

function discardedOf(content: ContentStore): GraphUsage['discarded'] {
  const discarded = content.discarded();
  const sum = (of: (digest: Digest) => number) => discarded.reduce((total, digest) => total + of(digest), 0);
  return {
    count: discarded.length,
    blobBytes: sum(digest => content.recipeHeader(digest)?.sizeBytes ?? 0),
    recipeBytes: sum(digest => content.diskBytes(digest)),
  };
}

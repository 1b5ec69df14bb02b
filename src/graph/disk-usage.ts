import type { Digest } from '../base/digest.ts';
import type { ContentStore } from './content/content-store.ts';
import type { Image } from './graph.ts';
import type { GraphParts } from './graph-parts.ts';

/**
 * What the graph takes on its disk, as du(1) counts it. What several images have in common (unpacked layers and
 * content) counts once in the total: it is the images' unique bytes, and every shared thing once.
 */
export type GraphUsage = {
  /** Of everything that images have. */
  totalBytes: number;
  images: ReadonlyMap<Digest, ImageUsage>;
  /** How much blobs had that were discarded, and what their recipes take instead. */
  discarded: { count: number; blobBytes: number; recipeBytes: number };
};

export type ImageUsage = {
  /** Layers and content of the image, also what others have too. */
  bytes: number;
  /** Of these, what at least one other image has too. */
  sharedBytes: number;
};

/** Layers that were not measured before are. */
export async function diskUsage(parts: GraphParts): Promise<GraphUsage> {
  await parts.layers.measure();
  const images = parts.images.list().map(image => ({ id: image.id, parts: partsOf(parts, image) }));
  const users = new Map<string, number>();
  for (const { key } of images.flatMap(image => image.parts)) users.set(key, (users.get(key) ?? 0) + 1);
  const distinct = new Map(images.flatMap(image => image.parts).map(({ key, bytes }) => [key, bytes]));
  const sum = (some: readonly Part[]) => some.reduce((total, { bytes }) => total + bytes, 0);
  return {
    totalBytes: distinct.values().reduce((total, bytes) => total + bytes, 0),
    images: new Map(
      images.map(image => [
        image.id,
        {
          bytes: sum(image.parts),
          sharedBytes: sum(image.parts.filter(({ key }) => (users.get(key) ?? 0) > 1)),
        },
      ]),
    ),
    discarded: discardedOf(parts.content),
  };
}

type Part = { key: string; bytes: number };

/** The digest of an uncompressed layer's blob may be its chain ID as well. */
function partsOf({ images, layers, content }: GraphParts, { id, chainIds }: Image): Part[] {
  return [
    ...chainIds.map(chainId => ({ key: `layer ${chainId}`, bytes: layers.diskBytes(chainId) ?? 0 })),
    ...images.blobsOf(id).map(digest => ({ key: `content ${digest}`, bytes: content.diskBytes(digest) })),
  ];
}

function discardedOf(content: ContentStore): GraphUsage['discarded'] {
  const discarded = content.digests().filter(digest => content.isDiscarded(digest));
  const sum = (of: (digest: Digest) => number) => discarded.reduce((total, digest) => total + of(digest), 0);
  return {
    count: discarded.length,
    blobBytes: sum(digest => content.sizeOf(digest)),
    recipeBytes: sum(digest => content.diskBytes(digest)),
  };
}

import type { Digest } from '../../base/digest.ts';
import type { GraphParts } from './graph-parts.ts';
import type { ContentStore } from '../content/content-store.ts';

/**
 * Removes the given content and layers as far as nothing refers to them: no image, no container, no lease, no
 * operation in progress. Layers' files go in the background. `onFreed` gets the bytes that this frees on the disk.
 * @returns the chain IDs of the layers removed, topmost first
 */
export function removeUnreferenced(
  parts: GraphParts,
  candidates: { blobs: readonly Digest[]; chainIds: readonly Digest[] },
  onFreed: (bytes: number) => void = () => undefined,
): Digest[] {
  const { content, layers } = parts;
  const blobs = unreferencedBlobs(parts, candidates.blobs);
  // Layers that were kept for the sake of a recipe alone.
  const trees = diffIdsOf(content, blobs);
  for (const blob of blobs) {
    onFreed(content.diskBytes(blob));
    content.remove(blob);
  }
  const unused = unusedLayers(parts);
  const unusedIds = new Set(unused.map(({ chainId }) => chainId));
  const wanted = new Set(candidates.chainIds);
  const removed = [...wanted].filter(chainId => unusedIds.has(chainId));
  for (const { chainId, diffId } of unused)
    if (trees.has(diffId) && !wanted.has(chainId)) removed.push(chainId);
  for (const chainId of removed) {
    onFreed(layers.diskBytes(chainId) ?? layers.sizeBytes(chainId));
    layers.remove(chainId);
  }
  return removed;
}

/** Everything that nothing refers to, for the time when nothing is in progress. */
export function removeAllUnreferenced(parts: GraphParts): Digest[] {
  const blobs = parts.content.digests();
  return removeUnreferenced(parts, { blobs, chainIds: unusedLayers(parts).map(({ chainId }) => chainId) });
}

/** Those of the given blobs that nothing refers to. */
export function unreferencedBlobs({ images, leases }: GraphParts, blobs: readonly Digest[]): Digest[] {
  const leased = leases.leased('content');
  return blobs.filter(blob => !leases.isHeld(blob) && !leased.has(blob) && !images.usesBlob(blob));
}

type UnusedLayer = { chainId: Digest; diffId: Digest };

/** Layers that nothing refers to, and that are not needed to rebuild a blob either. */
export function unusedLayers(parts: GraphParts): UnusedLayer[] {
  const all = parts.layers
    .recordsWithUse()
    .map(layer => ({ ...layer, isUsed: layer.isUsed || parts.leases.isHeld(layer.chainId) }));
  const unused = all.filter(({ isUsed }) => !isUsed);
  if (unused.length === 0) return [];
  const needed = neededTrees(parts);
  for (const { diffId } of all.filter(({ isUsed }) => isUsed)) needed.delete(diffId);
  return unused.filter(({ diffId }) => !needed.has(diffId));
}

/** The diffIDs of layers whose blobs are kept as recipes. */
function neededTrees(parts: GraphParts): Set<Digest> {
  const discarded = parts.content.digests().filter(digest => parts.content.isDiscarded(digest));
  const garbage = new Set(unreferencedBlobs(parts, discarded));
  return diffIdsOf(
    parts.content,
    discarded.filter(digest => !garbage.has(digest)),
  );
}

function diffIdsOf(content: ContentStore, blobs: readonly Digest[]): Set<Digest> {
  const discarded = blobs.filter(blob => content.isDiscarded(blob));
  return new Set(discarded.flatMap(blob => content.recipeHeader(blob)?.diffId ?? []));
}

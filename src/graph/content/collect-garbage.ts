import type { Digest } from '../../base/digest.ts';
import type { GraphParts } from '../graph-parts.ts';

/** Layers in use: of images, of containers, and all below those. */
const USED_LAYERS = `
WITH RECURSIVE used (chain_id) AS (
  SELECT chain_id FROM images WHERE chain_id IS NOT NULL
  UNION SELECT chain_id FROM container_layers WHERE chain_id IS NOT NULL
  UNION SELECT layers.parent FROM layers JOIN used USING (chain_id) WHERE layers.parent IS NOT NULL
)`;

/**
 * Removes the given content and layers as far as nothing refers to them: no image, no container, no operation
 * in progress. Layers' files go in the background.
 * @returns the chain IDs of the layers removed, topmost first
 */
export function removeUnreferenced(
  parts: GraphParts,
  candidates: { blobs: readonly Digest[]; chainIds: readonly Digest[] },
): Digest[] {
  const { database, content, layers, leases } = parts;
  const isUsed = database.prepare('SELECT 1 FROM image_blobs WHERE digest = ? LIMIT 1');
  for (const blob of candidates.blobs) {
    if (!leases.isHeld(blob) && isUsed.get(blob) === undefined) content.remove(blob);
  }
  const unused = unusedLayers(parts);
  const removed = candidates.chainIds.filter(chainId => unused.has(chainId));
  for (const chainId of removed) layers.remove(chainId);
  return removed;
}

/** Everything that nothing refers to, for the time when nothing is in progress. */
export function removeAllUnreferenced(parts: GraphParts): Digest[] {
  const blobs = parts.content.digests();
  return removeUnreferenced(parts, { blobs, chainIds: [...unusedLayers(parts)] });
}

function unusedLayers({ database, leases }: GraphParts): Set<Digest> {
  const rows = database
    .prepare(`${USED_LAYERS} SELECT chain_id FROM layers WHERE chain_id NOT IN (SELECT chain_id FROM used)`)
    .all();
  return new Set(rows.map(row => row.chain_id as Digest).filter(chainId => !leases.isHeld(chainId)));
}

import { relative } from 'node:path';
import { EngineError } from '../../base/errors.ts';
import type { GraphParts } from './graph-parts.ts';
import type { LayerRecord } from '../layers/layer-store.ts';
import { storedLayerBlob } from '../layers/layer-blob.ts';
import { findGzipMakers } from '../content/gzip-maker.ts';
import { encodeHeader, type RecipeCompression } from '../content/recipe.ts';

/** Each trial reads the whole layer. */
const MAXIMUM_TRIALS = 3;

/**
 * The policy `discard-blobs`: the blob of a layer that is unpacked, and known to be on the disk, is replaced by a
 * recipe that makes the same bytes from the tree. Each recipe is followed once, and the blob goes only when its
 * digest comes out. What was tried in vain is remembered.
 */
export async function discardBlobs(parts: GraphParts): Promise<void> {
  const { content, layers, closing } = parts;
  const unsynced = new Set(layers.unsynced().current);
  for (const layer of layers.records()) {
    if (closing.aborted) return;
    const { blob, chainId } = layer;
    if (unsynced.has(chainId) || !content.has(blob) || content.isDiscarded(blob)) continue;
    if (layers.isBlobKept(blob)) continue;
    if (!(await discardBlob(parts, layer))) layers.keepBlob(blob);
  }
}

/** Whether it could be done. */
async function discardBlob(parts: GraphParts, layer: LayerRecord): Promise<boolean> {
  const { leases } = parts;
  const held = [layer.blob, layer.chainId];
  for (const digest of held) leases.hold(digest);
  const source = await storedLayerBlob(parts.content, layer.blob);
  try {
    for (const compression of await compressionsOf(source))
      if (await replaceByRecipe(parts, layer, { source, compression })) return true;
    return false;
  } finally {
    source.close();
    for (const digest of held) leases.release(digest);
  }
}

type Source = Awaited<ReturnType<typeof storedLayerBlob>>;

/** The ways to compress that may give the same bytes again, likely ones first. */
async function compressionsOf({ compression, fd }: Source): Promise<RecipeCompression[]> {
  if (compression === 'none') return [{ kind: 'none' }];
  return compression === 'gzip' ? (await findGzipMakers(fd)).slice(0, MAXIMUM_TRIALS) : [];
}

async function replaceByRecipe(
  { content, threads, driver, root }: GraphParts,
  { chainId, blob, diffId }: LayerRecord,
  { source, compression }: { source: Source; compression: RecipeCompression },
): Promise<boolean> {
  const { sizeBytes, fd: archiveFd } = source;
  const tree = driver.layerDirectory(chainId);
  const recipe = content.stageRecipe();
  try {
    const directory = relative(root, tree);
    recipe.write(encodeHeader({ version: 1, digest: blob, sizeBytes, diffId, directory, compression }));
    const job = { archiveFd, compression: source.compression, outputFd: recipe.fd };
    await threads.run({ kind: 'make-recipe', root: tree, ...job });
    // Verified by its digest; the bytes themselves are not needed.
    (await content.rebuild(blob, recipe.path)).discard();
    recipe.commit(blob);
    return true;
  } catch (error) {
    if (error instanceof EngineError && ['data-loss', 'invalid-parameter'].includes(error.kind)) return false;
    throw error;
  } finally {
    recipe.discard();
  }
}

import { relative } from 'node:path';
import { EngineError } from '../../base/errors.ts';
import type { GraphParts } from '../graph-parts.ts';
import type { LayerRecord } from '../layers/layer-store.ts';
import { storedLayerBlob } from '../load/layer-blob.ts';
import { findGzipMaker } from './gzip-maker.ts';
import { encodeHeader, type RecipeCompression } from './recipe.ts';

/**
 * The policy `discard-blobs`: the blob of a layer that is unpacked, and known to be on the disk, is replaced by a
 * recipe that makes the same bytes from the tree. Each recipe is followed once, and the blob goes only when its
 * digest comes out. What was tried in vain is remembered.
 */
export async function discardBlobs(parts: GraphParts): Promise<void> {
  const { content, database, layers, closing } = parts;
  const isKept = database.prepare('SELECT 1 FROM kept_blobs WHERE digest = ?');
  const unsynced = new Set(layers.unsynced().current);
  for (const layer of layers.records()) {
    if (closing.aborted) return;
    const { blob, chainId } = layer;
    if (unsynced.has(chainId) || !content.has(blob) || content.isDiscarded(blob)) continue;
    if (isKept.get(blob) !== undefined) continue;
    if (!(await discardBlob(parts, layer)))
      database.prepare('INSERT OR IGNORE INTO kept_blobs (digest) VALUES (?)').run(blob);
  }
}

/** Whether it could be done. */
async function discardBlob(parts: GraphParts, layer: LayerRecord): Promise<boolean> {
  const { content, leases } = parts;
  const held = [layer.blob, layer.chainId];
  for (const digest of held) leases.hold(digest);
  try {
    return await withRecipe(parts, layer, async recipe => {
      // Verified by its digest; the bytes themselves are not needed.
      (await content.rebuild(layer.blob, recipe.path)).discard();
      recipe.commit(layer.blob);
    });
  } catch (error) {
    if (error instanceof EngineError && ['data-loss', 'invalid-parameter'].includes(error.kind)) return false;
    throw error;
  } finally {
    for (const digest of held) leases.release(digest);
  }
}

type StagedRecipe = ReturnType<GraphParts['content']['stageRecipe']>;

/** Makes a recipe and gives it to `use`. False when the blob's compression cannot be repeated. */
async function withRecipe(
  { content, threads, driver, root }: GraphParts,
  { chainId, blob, diffId }: LayerRecord,
  use: (recipe: StagedRecipe) => Promise<void>,
): Promise<boolean> {
  const { fd, sizeBytes, compression, close } = await storedLayerBlob(content, blob);
  const staged = content.stageRecipe();
  try {
    const repeated: RecipeCompression | undefined =
      compression === 'none'
        ? { kind: 'none' }
        : compression === 'gzip'
          ? await findGzipMaker(fd)
          : undefined;
    if (repeated === undefined) return false;
    const tree = driver.layerDirectory(chainId);
    const directory = relative(root, tree);
    staged.write(
      encodeHeader({ version: 1, digest: blob, sizeBytes, diffId, directory, compression: repeated }),
    );
    await threads.run({ kind: 'make-recipe', root: tree, archiveFd: fd, compression, outputFd: staged.fd });
    await use(staged);
    return true;
  } finally {
    staged.discard();
    close();
  }
}

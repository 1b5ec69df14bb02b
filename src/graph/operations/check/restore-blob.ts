import { closeSync, existsSync, openSync } from 'node:fs';
import { relative } from 'node:path';
import { type Digest, digestOf } from '../../../base/digest.ts';
import { EngineError } from '../../../base/errors.ts';
import type { Ingest } from '../../content/ingest.ts';
import { encodeHeader } from '../../content/recipe.ts';
import type { GraphParts } from '../graph-parts.ts';

/**
 * Makes damaged or missing content whole again from what else there is: the second copy of a document, a recipe, or
 * the tree that an uncompressed layer was unpacked into. Where nothing helps, the damaged bytes are set aside, so
 * that the content may come again by another load or pull.
 * @returns whether it is whole now
 */
export async function restoreBlob(parts: GraphParts, digest: Digest): Promise<boolean> {
  const { content, documents } = parts;
  const copy = documents.copyOf(digest);
  if (copy !== undefined && digestOf(copy) === digest)
    return replace(parts, digest, await written(parts, copy));
  const rebuilt = (await byRecipe(parts, digest)) ?? (await fromTree(parts, digest));
  if (rebuilt !== undefined) return replace(parts, digest, rebuilt);
  if (existsSync(content.pathOf(digest))) content.setAside(digest);
  return false;
}

async function replace({ content }: GraphParts, digest: Digest, ingest: Ingest): Promise<boolean> {
  try {
    if (existsSync(content.pathOf(digest))) content.setAside(digest);
    await ingest.commit({ digest });
    content.forgetDamaged(digest);
    return true;
  } finally {
    ingest.discard();
  }
}

async function written({ content }: GraphParts, data: Buffer): Promise<Ingest> {
  const ingest = content.ingest();
  ingest.write(data);
  return ingest;
}

async function byRecipe({ content }: GraphParts, digest: Digest): Promise<Ingest | undefined> {
  return orUndefined(() => content.rebuild(digest));
}

/**
 * The headers of a damaged tar and the files of its tree give the whole, if the damage is in a file's content.
 * Compressed, a tar cannot be read beyond its damage.
 */
async function fromTree(
  { content, layers, driver, threads, root }: GraphParts,
  digest: Digest,
): Promise<Ingest | undefined> {
  const layer = layers.records().find(({ diffId }) => diffId === digest);
  const [path] = [content.pathOf(digest), `${content.pathOf(digest)}.damaged`].filter(existsSync);
  if (layer === undefined || path === undefined) return undefined;
  const tree = driver.layerDirectory(layer.chainId);
  if (!existsSync(tree)) return undefined;
  const fd = openSync(path, 'r');
  const recipe = content.stageRecipe();
  try {
    const header = {
      version: 1,
      digest,
      sizeBytes: 0,
      diffId: digest,
      directory: relative(root, tree),
    } as const;
    recipe.write(encodeHeader({ ...header, compression: { kind: 'none' } }));
    await threads.run({
      kind: 'make-recipe',
      root: tree,
      archiveFd: fd,
      compression: 'none',
      outputFd: recipe.fd,
      trustsTree: true,
    });
    return await orUndefined(() => content.rebuild(digest, recipe.path));
  } catch (error) {
    if (error instanceof EngineError && error.kind === 'invalid-parameter') return undefined;
    throw error;
  } finally {
    recipe.discard();
    closeSync(fd);
  }
}

async function orUndefined(make: () => Promise<Ingest>): Promise<Ingest | undefined> {
  try {
    return await make();
  } catch (error) {
    if (error instanceof EngineError && ['not-found', 'data-loss'].includes(error.kind)) return undefined;
    throw error;
  }
}

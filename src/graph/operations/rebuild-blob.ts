import { existsSync } from 'node:fs';
import { Readable } from 'node:stream';
import type { RootedThreads } from '../../archive/rooted/rooted-threads.ts';
import { writtenStream } from '../../archive/rooted/pack-stream.ts';
import { EngineError } from '../../base/errors.ts';
import type { GraphParts } from './graph-parts.ts';
import { gzipped } from '../content/gzip-maker.ts';
import type { Recipe, RecipeHeader } from '../content/recipe.ts';

/**
 * The bytes of a layer's blob, made from the layer's tree by a recipe.
 * @throws EngineError not-found when no tree of that layer is there any more
 */
export async function rebuildBlob(parts: GraphParts, recipe: Recipe): Promise<Readable> {
  return followRecipe(parts.threads, treeOf(parts, recipe.header), recipe);
}

/** The bytes that a recipe makes of a layer's tree, unverified. The recipe stays open until the stream ends. */
export function followRecipe(
  threads: RootedThreads,
  root: string,
  { header, fd, position }: Recipe,
): Readable {
  const { stream: tar } = writtenStream(outputFd =>
    threads.run({ kind: 'follow-recipe', root, recipeFd: fd, position, outputFd }),
  );
  return header.compression.kind === 'none' ? tar : Readable.from(gzipped(tar, header.compression));
}

/** Any layer of the same diffID will do; after a change of the graph driver, the tree of the earlier one. */
function treeOf({ layers, driver, root }: GraphParts, { diffId, directory }: RecipeHeader): string {
  const candidates = layers.records().filter(layer => layer.diffId === diffId);
  const trees = [...candidates.map(({ chainId }) => driver.layerDirectory(chainId)), `${root}/${directory}`];
  const found = trees.find(existsSync);
  if (found === undefined) throw new EngineError('not-found', `layer ${diffId} is not unpacked anywhere`);
  return found;
}

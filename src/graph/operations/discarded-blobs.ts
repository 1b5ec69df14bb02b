import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { RootedThreads } from '../../archive/rooted/rooted-threads.ts';
import { type Digest, hexOf } from '../../base/digest.ts';
import { errorCode } from '../../base/errors.ts';
import { openRecipe, type Recipe } from '../content/recipe.ts';
import { followRecipe } from './rebuild-blob.ts';

/**
 * What a graph has discarded (discard-blobs.ts), for another process than the one that has the graph open: nothing is
 * written, and no database is read.
 */
export class DiscardedBlobs {
  readonly #root: string;
  readonly #threads: RootedThreads;

  private constructor(root: string, threads: RootedThreads) {
    this.#root = root;
    this.#threads = threads;
  }

  /** @param root the graph's. The caller closes it. */
  static async open(root: string): Promise<DiscardedBlobs> {
    return new DiscardedBlobs(root, await RootedThreads.open());
  }

  /** The size of a blob of which there is a recipe. */
  sizeOf(digest: Digest): number | undefined {
    const recipe = this.#recipeOf(digest);
    if (recipe === undefined) return undefined;
    closeSync(recipe.fd);
    return recipe.header.sizeBytes;
  }

  /** Its bytes, unverified; undefined without a recipe. The stream fails where the layer's tree is gone. */
  async *rebuild(digest: Digest): AsyncGenerator<Buffer> {
    const recipe = this.#recipeOf(digest);
    if (recipe === undefined) return;
    try {
      for await (const chunk of followRecipe(
        this.#threads,
        join(this.#root, recipe.header.directory),
        recipe,
      ))
        yield chunk as Buffer;
    } finally {
      closeSync(recipe.fd);
    }
  }

  #recipeOf(digest: Digest): Recipe | undefined {
    try {
      return openRecipe(join(this.#root, 'content/recipes/sha256', hexOf(digest)));
    } catch (error) {
      // A recipe that is damaged is none.
      if (errorCode(error) === 'ENOENT' || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#threads.close();
  }
}

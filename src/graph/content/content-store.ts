import { closeSync, existsSync, fdatasync, fsyncSync, openSync, readFileSync } from 'node:fs';
import { renameSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { makeDirectories } from '../../base/make-directories.ts';
import { type Digest, digestOf, hexOf, isDigest } from '../../base/digest.ts';
import { EngineError, errorCode, messageOf } from '../../base/errors.ts';
import { namesIn } from '../../base/names-in.ts';
import { makePrivateDirectory } from '../../base/private-files.ts';
import { type Index, OCI_LAYOUT } from '../../oci/image-spec.ts';
import type { Content } from './content.ts';
import type { Ingest } from './ingest.ts';
import { IngestDirectory } from './ingest-directory.ts';
import { openRecipe, type Recipe, type RecipeHeader } from './recipe.ts';

const syncData = promisify(fdatasync);
const DAMAGED = '.damaged';
const BLOCK_BYTES = 512;

/**
 * Content in a directory that is an OCI image layout: `oci-layout`, `index.json` and `blobs/sha256/`. Beside it:
 *
 *     recipes/sha256/<hex>           how the blob is made again, where it has been discarded
 *     blobs/sha256/<hex>.damaged     what a check found damaged; the next ingest of it takes its place
 *     ingest/                        what is being written
 *
 * A directory that another program has removed counts as empty, and is made again when something is written.
 */
export class ContentStore implements Content {
  readonly root: string;
  readonly ingests: IngestDirectory;
  readonly #blobs: string;
  readonly #recipes: string;
  /** What a power failure would damage. */
  readonly #unsynced = new Set<Digest>();
  readonly #rebuild: (recipe: Recipe) => Promise<Readable>;

  /** `rebuild` gives the bytes of a blob from its recipe, which stays open until the stream ends. */
  constructor(root: string, rebuild: (recipe: Recipe) => Promise<Readable>) {
    this.root = root;
    this.#rebuild = rebuild;
    this.#blobs = `${root}/blobs/sha256`;
    this.#recipes = `${root}/recipes/sha256`;
    makePrivateDirectory(root);
    for (const directory of [this.#blobs, this.#recipes]) makeDirectories(directory, 0o700);
    this.ingests = new IngestDirectory(`${root}/ingest`, this.#blobs);
    if (!existsSync(`${root}/oci-layout`)) replaceFile(`${root}/oci-layout`, OCI_LAYOUT);
  }

  /** Where the blob is, if it is there and not only its recipe. */
  pathOf(digest: Digest): string {
    return `${this.#blobs}/${hexOf(digest)}`;
  }

  has(digest: Digest): boolean {
    return existsSync(this.pathOf(digest)) || this.isDiscarded(digest);
  }

  sizeOf(digest: Digest): number {
    const stat = statSync(this.pathOf(digest), { throwIfNoEntry: false });
    if (stat !== undefined) return stat.size;
    const recipe = this.#recipeOf(digest);
    closeSync(recipe.fd);
    return recipe.header.sizeBytes;
  }

  read(digest: Digest): Buffer {
    let data: Buffer;
    try {
      data = readFileSync(this.pathOf(digest));
    } catch (error) {
      throw errorCode(error) === 'ENOENT' ? notFound(digest) : error;
    }
    if (digestOf(data) !== digest)
      throw new EngineError('data-loss', `content ${digest} is damaged: it hashes to ${digestOf(data)}`);
    return data;
  }

  async open(digest: Digest): Promise<number> {
    try {
      return openSync(this.pathOf(digest), 'r');
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
    }
    const ingest = await this.rebuild(digest);
    return ingest.detach();
  }

  ingest(): Ingest {
    return this.ingests.create();
  }

  resume(ref: string): Promise<Ingest> {
    return this.ingests.resume(ref);
  }

  unfinished() {
    return this.ingests.unfinished();
  }

  async put(data: Uint8Array): Promise<Digest> {
    const ingest = this.ingest();
    try {
      ingest.write(data);
      await ingest.commit();
      return ingest.digest;
    } finally {
      ingest.discard();
    }
  }

  /** Content that is found at once, but on the disk only after {@link sync}: await that before recording it. */
  publish(ingest: Ingest): void {
    this.#unsynced.add(ingest.digest);
    ingest.publish();
  }

  get unsynced(): readonly Digest[] {
    return [...this.#unsynced];
  }

  /** Settles when this content is on the disk. */
  async sync(digests: readonly Digest[]): Promise<void> {
    for (const digest of digests) if (this.#unsynced.has(digest)) await this.#sync(digest);
  }

  async #sync(digest: Digest): Promise<void> {
    const fd = openSync(this.pathOf(digest), 'r');
    try {
      await syncData(fd);
    } finally {
      closeSync(fd);
    }
    this.#unsynced.delete(digest);
  }

  /** All of the file system was synced since. */
  markSynced(digests: readonly Digest[]): void {
    for (const digest of digests) this.#unsynced.delete(digest);
  }

  /** Whether only its recipe is there. */
  isDiscarded(digest: Digest): boolean {
    return !existsSync(this.pathOf(digest)) && existsSync(this.recipePath(digest));
  }

  recipePath(digest: Digest): string {
    return `${this.#recipes}/${hexOf(digest)}`;
  }

  /**
   * Made again by its recipe, or another one, and verified; the caller commits or discards it.
   * @throws EngineError not-found without a recipe, data-loss when something else comes of it
   */
  async rebuild(digest: Digest, recipePath = this.recipePath(digest)): Promise<Ingest> {
    const recipe = this.#recipeOf(digest, recipePath);
    const ingest = this.ingest();
    try {
      for await (const chunk of await this.#rebuild(recipe)) ingest.write(chunk as Buffer);
      if (ingest.digest !== digest) throw new Error(`it hashes to ${ingest.digest}`);
      return ingest;
    } catch (cause) {
      ingest.discard();
      throw new EngineError('data-loss', `content ${digest} cannot be rebuilt: ${messageOf(cause)}`, {
        cause,
      });
    } finally {
      closeSync(recipe.fd);
    }
  }

  /** @throws EngineError not-found; data-loss when the recipe is damaged */
  #recipeOf(digest: Digest, path = this.recipePath(digest)): Recipe {
    try {
      return openRecipe(path);
    } catch (cause) {
      if (errorCode(cause) === 'ENOENT') throw notFound(digest);
      throw new EngineError('data-loss', `the recipe of content ${digest} is damaged`, { cause });
    }
  }

  /** The recipe's header of a discarded blob; undefined when the recipe is damaged. */
  recipeHeader(digest: Digest): RecipeHeader | undefined {
    try {
      const { header, fd } = this.#recipeOf(digest);
      closeSync(fd);
      return header;
    } catch {
      return undefined;
    }
  }

  /** A new recipe: a file to be written. `commit` has it take the place of a blob. The caller discards it. */
  stageRecipe() {
    const file = this.ingests.createFile();
    return {
      ...file,
      write: (data: Buffer) => void writeSync(file.fd, data),
      commit: (digest: Digest) => {
        fsyncSync(file.fd);
        makeDirectories(this.#recipes, 0o700);
        renameSync(file.path, this.recipePath(digest));
        syncDirectory(this.#recipes);
        rmSync(this.pathOf(digest), { force: true });
      },
    };
  }

  /** What it takes on the disk, as du counts; 0 when it is not there. */
  diskBytes(digest: Digest): number {
    return sumOfBlocks(this.#filesOf(digest));
  }

  /** The same of many: which files there are is looked up once. */
  diskBytesOfAll(): (digest: Digest) => number {
    const [blobs, recipes] = [new Set(namesIn(this.#blobs)), new Set(namesIn(this.#recipes))];
    return digest => {
      const hex = hexOf(digest);
      const isThere = [blobs.has(hex), blobs.has(hex + DAMAGED), recipes.has(hex)];
      return sumOfBlocks(this.#filesOf(digest).filter((_, index) => isThere[index]));
    };
  }

  /** The blob, what was set aside of it, the recipe: not all of them are there. */
  #filesOf(digest: Digest): string[] {
    return [this.pathOf(digest), `${this.pathOf(digest)}${DAMAGED}`, this.recipePath(digest)];
  }

  /** Out of the way, so that content of this digest is missing and can come again. */
  setAside(digest: Digest): void {
    renameSync(this.pathOf(digest), `${this.pathOf(digest)}${DAMAGED}`);
  }

  /** What was set aside, once the content is whole again. Idempotent. */
  forgetDamaged(digest: Digest): void {
    rmSync(`${this.pathOf(digest)}${DAMAGED}`, { force: true });
  }

  /** Idempotent. */
  remove(digest: Digest): void {
    this.#unsynced.delete(digest);
    for (const path of [this.pathOf(digest), `${this.pathOf(digest)}${DAMAGED}`, this.recipePath(digest)])
      rmSync(path, { force: true });
  }

  /** Everything there is, what is discarded or set aside among it. */
  digests(): Digest[] {
    const blobs = namesIn(this.#blobs).map(name => name.replace(/\.damaged$/, ''));
    return [...new Set([...blobs, ...namesIn(this.#recipes)])].map(name => `sha256:${name}`).filter(isDigest);
  }

  /** Those that only a recipe is left of. */
  discarded(): Digest[] {
    return namesIn(this.#recipes)
      .map(name => `sha256:${name}`)
      .filter(isDigest)
      .filter(digest => !existsSync(this.pathOf(digest)));
  }

  /** Paths of files that are none of the store's, and of damaged content that has come again. */
  unknownFiles(): string[] {
    const inBlobs = namesIn(this.#blobs).filter(name => {
      if (isDigest(`sha256:${name}`)) return false;
      const hex = name.slice(0, -DAMAGED.length);
      return !name.endsWith(DAMAGED) || !isDigest(`sha256:${hex}`) || existsSync(`${this.#blobs}/${hex}`);
    });
    const inRecipes = namesIn(this.#recipes).filter(name => !isDigest(`sha256:${name}`));
    return [
      ...inBlobs.map(name => `${this.#blobs}/${name}`),
      ...inRecipes.map(name => `${this.#recipes}/${name}`),
      ...this.ingests.leftovers().map(name => `${this.root}/ingest/${name}`),
    ];
  }

  /** What other tools read to find the images. It can be derived again, so it is not synced. */
  writeIndex(index: Index): void {
    replaceFile(`${this.root}/index.json`, JSON.stringify(index));
  }
}

function syncDirectory(path: string): void {
  const fd = openSync(path, 'r');
  fsyncSync(fd);
  closeSync(fd);
}

function replaceFile(path: string, content: string): void {
  makeDirectories(dirname(path), 0o700);
  writeFileSync(`${path}.new`, content, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

function notFound(digest: Digest): EngineError {
  return new EngineError('not-found', `content ${digest}: not found`);
}

function sumOfBlocks(paths: readonly string[]): number {
  return paths.reduce((sum, path) => {
    return sum + (statSync(path, { throwIfNoEntry: false })?.blocks ?? 0) * BLOCK_BYTES;
  }, 0);
}

import type { Digest } from '../../base/digest.ts';
import { EngineError } from '../../base/errors.ts';
import { shortId } from '../../base/ids.ts';
import { removeUnreferenced } from './collect-garbage.ts';
import type { GraphParts } from './graph-parts.ts';
import {
  familiarString,
  parseReference,
  type Reference,
  repositoryOf,
  withDefaultTag,
} from '../../oci/reference.ts';
import { doesFor, type Platform } from '../../oci/platform.ts';
import { otherPlatform } from '../images/platform-variant.ts';
import { resolveImage } from '../images/resolve-image.ts';

export type RemoveOptions = {
  force: boolean;
  /** Whether the images that it was made from stay. */
  noPrune: boolean;
  /** Nothing is removed when the image is for another platform. */
  platform?: Platform | undefined;
  /** Gets the bytes that were freed on the disk, bit by bit. */
  onFreed?: (bytes: number) => void;
  /** Containers that use an image id. */
  usersOf(imageId: Digest): { id: string; running: boolean }[];
};

type Removed = { Untagged?: string; Deleted?: string };

/**
 * Docker's `rmi`: a name is untagged, and with the last one the image goes; an id removes the image, if its
 * names are all of one repository. What Docker calls conflicts are checked before anything is done.
 * @throws EngineError not-found, conflict
 */
export async function removeImage(
  parts: GraphParts,
  text: string,
  options: RemoveOptions,
): Promise<Removed[]> {
  const removal = new Removal(parts, options);
  try {
    await removal.run(text);
  } finally {
    parts.publishedIndex.write();
  }
  return removal.removed;
}

class Removal {
  readonly removed: Removed[] = [];
  readonly #parts: GraphParts;
  readonly #options: RemoveOptions;

  constructor(parts: GraphParts, options: RemoveOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  async run(text: string): Promise<void> {
    const { images } = this.#parts;
    const { platform } = this.#options;
    const image = resolveImage(images, text);
    if (platform !== undefined && !doesFor(image.config, platform))
      throw otherPlatform(image, { text, platform });
    const { id } = image;
    const isId = id.startsWith(text) || id.slice('sha256:'.length).startsWith(text);
    if (!isId) {
      this.#untagByName(id, text);
      if (images.referencesTo(id).length === 0)
        await this.#delete(id, { quiet: true, force: this.#options.force });
      return;
    }
    if (isSingleReference(images.referencesTo(id))) {
      this.#check(id, { force: this.#options.force, namesMatter: false });
      for (const reference of images.referencesTo(id)) this.#untag(reference);
    }
    await this.#delete(id, { quiet: false, force: this.#options.force });
  }

  #untagByName(id: Digest, text: string): void {
    const { images } = this.#parts;
    const [user] = this.#options.usersOf(id);
    if (!this.#options.force && user !== undefined && isSingleReference(images.referencesTo(id)))
      throw new EngineError(
        'conflict',
        `conflict: unable to remove repository reference "${text}" (must force) - container ${shortId(user.id)} is using its referenced image ${shortId(id)}`,
      );
    const reference = withDefaultTag(parseReference(text));
    this.#untag(reference);
    if (reference.digest !== undefined) return;
    // Digests of a repository make sense only as long as one of its tags is there.
    const inRepository = images
      .referencesTo(id)
      .filter(other => repositoryOf(other) === repositoryOf(reference));
    if (inRepository.every(({ digest }) => digest !== undefined))
      for (const other of inRepository) this.#untag(other);
  }

  #untag(reference: Reference): void {
    this.#parts.images.untag(reference);
    this.removed.push({ Untagged: familiarString(reference) });
  }

  async #delete(id: Digest, { quiet, force }: { quiet: boolean; force: boolean }): Promise<void> {
    const { images, layers } = this.#parts;
    const image = images.get(id);
    if (image === undefined) return;
    try {
      this.#check(id, { force, namesMatter: true });
    } catch (error) {
      const isDangling = images.referencesTo(id).length === 0 && images.childrenOf(id).length === 0;
      if (quiet && (!isDangling || this.#options.usersOf(id).length > 0)) return;
      throw error;
    }
    const parent = images.parentOf(id);
    for (const reference of images.referencesTo(id)) this.#untag(reference);
    const blobs = images.blobsOf(id);
    images.remove(id);
    this.removed.push({ Deleted: id });
    const chainIds = [...image.chainIds].reverse().filter(chainId => layers.has(chainId));
    const removedLayers = removeUnreferenced(this.#parts, { blobs, chainIds }, this.#options.onFreed);
    for (const chainId of removedLayers) this.removed.push({ Deleted: chainId });
    if (parent !== undefined && !this.#options.noPrune)
      await this.#delete(parent, { quiet: true, force: false });
  }

  /** Docker's conflicts: hard ones that no force overcomes, and soft ones. */
  #check(id: Digest, { force, namesMatter }: { force: boolean; namesMatter: boolean }): void {
    const { images } = this.#parts;
    const users = this.#options.usersOf(id);
    const conflict = (remedy: string, why: string) =>
      new EngineError('conflict', `conflict: unable to delete ${shortId(id)} (${remedy}) - ${why}`);
    if (images.childrenOf(id).length > 0)
      throw conflict('cannot be forced', 'image has dependent child images');
    const running = users.find(user => user.running);
    if (running !== undefined)
      throw conflict('cannot be forced', `image is being used by running container ${shortId(running.id)}`);
    if (force) return;
    if (namesMatter && images.referencesTo(id).length > 0)
      throw conflict('must be forced', 'image is referenced in multiple repositories');
    const [stopped] = users;
    if (stopped !== undefined)
      throw conflict('must be forced', `image is being used by stopped container ${shortId(stopped.id)}`);
  }
}

/** Whether all names are of one repository, with one tag at most. False for none. */
function isSingleReference(references: Reference[]): boolean {
  const tags = references.filter(({ digest }) => digest === undefined);
  const repositories = new Set(references.map(repositoryOf));
  return repositories.size === 1 && tags.length <= 1;
}

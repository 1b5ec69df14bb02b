import { errorCode } from '../../base/errors.ts';
import type { ContentStore } from '../content/content-store.ts';
import type { Image } from './image.ts';
import type { ImageStore } from './image-store.ts';
import {
  type Descriptor,
  IMAGE_NAME_ANNOTATION,
  OCI_INDEX,
  REF_NAME_ANNOTATION,
} from '../../oci/image-spec.ts';
import { canonicalString, familiarString, parseReference } from '../../oci/reference.ts';

/** How old the index may get while many images are being stored. */
const MAXIMUM_AGE_MS = 500;

/**
 * The content store's `index.json`, by which other tools find the images in the directory: each name is an entry, and
 * so is each image without a name.
 */
export class PublishedIndex {
  readonly #content: ContentStore;
  readonly #images: ImageStore;
  /** Tasks that store many images. */
  #tasks = 0;
  #isDue = false;
  #writtenAtMs = Number.NEGATIVE_INFINITY;

  constructor(content: ContentStore, images: ImageStore) {
    this.#content = content;
    this.#images = images;
  }

  /** Runs a task that stores many images: the index is written at most twice a second meanwhile, and at the end. */
  async writingSeldom<T>(task: () => Promise<T>): Promise<T> {
    this.#tasks++;
    try {
      return await task();
    } finally {
      this.#tasks--;
      if (this.#isDue) this.write();
    }
  }

  /** Writes the index anew. */
  write(): void {
    const ageMs = performance.now() - this.#writtenAtMs;
    this.#isDue = this.#tasks > 0 && ageMs < MAXIMUM_AGE_MS;
    if (this.#isDue) return;
    writeIndex(this.#content, this.#images);
    this.#writtenAtMs = performance.now();
  }
}

function writeIndex(content: ContentStore, images: ImageStore): void {
  const manifests = images.list().flatMap(image => {
    const descriptor = descriptorOf(images, image);
    if (descriptor === undefined) return [];
    if (image.repoTags.length === 0) return [descriptor];
    return image.repoTags.map(name => ({ ...descriptor, annotations: nameAnnotations(name) }));
  });
  try {
    content.writeIndex({ schemaVersion: 2, mediaType: OCI_INDEX, manifests });
  } catch (error) {
    // On a full disk images can still be removed: the next change, or the next start, writes it.
    if (!['ENOSPC', 'EDQUOT'].includes(errorCode(error) ?? '')) throw error;
  }
}

/** Undefined when the manifest is lost: a broken image must not keep others from being found. */
function descriptorOf(images: ImageStore, image: Image): Descriptor | undefined {
  try {
    return images.descriptorOf(image);
  } catch {
    return undefined;
  }
}

function nameAnnotations(name: string): Record<string, string> {
  const reference = parseReference(name);
  return {
    [IMAGE_NAME_ANNOTATION]: canonicalString(reference),
    // In full: all images of the machine share this index, and a tag alone would not tell them apart.
    [REF_NAME_ANNOTATION]: familiarString(reference),
  };
}

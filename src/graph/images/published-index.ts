import { errorCode } from '../../base/errors.ts';
import type { GraphParts } from '../operations/graph-parts.ts';
import type { Image } from './image.ts';
import type { ImageStore } from './image-store.ts';
import {
  type Descriptor,
  IMAGE_NAME_ANNOTATION,
  OCI_INDEX,
  REF_NAME_ANNOTATION,
} from '../../oci/image-spec.ts';
import { canonicalString, familiarString, parseReference } from '../../oci/reference.ts';

type Publication = { holders: number; isDue: boolean; lastMs: number };

const publications = new WeakMap<GraphParts, Publication>();
/** How old the index may get while many images are being stored. */
const MAXIMUM_AGE_MS = 500;

/** Runs a task that stores many images: the index is written now and then meanwhile, and at the end. */
export async function publishingSeldom<T>(parts: GraphParts, task: () => Promise<T>): Promise<T> {
  const publication = publicationOf(parts);
  publication.holders++;
  try {
    return await task();
  } finally {
    publication.holders--;
    if (publication.isDue) publishIndex(parts);
  }
}

function publicationOf(parts: GraphParts): Publication {
  const known = publications.get(parts) ?? { holders: 0, isDue: false, lastMs: 0 };
  publications.set(parts, known);
  return known;
}

/**
 * Writes the content store's `index.json` anew, so that other tools find the images in the directory: each name
 * is an entry, and so is each image without a name.
 */
export function publishIndex(parts: GraphParts): void {
  const publication = publicationOf(parts);
  const nowMs = performance.now();
  publication.isDue = publication.holders > 0 && nowMs - publication.lastMs < MAXIMUM_AGE_MS;
  if (publication.isDue) return;
  writeIndex(parts);
  publication.lastMs = performance.now();
}

function writeIndex({ content, images }: GraphParts): void {
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

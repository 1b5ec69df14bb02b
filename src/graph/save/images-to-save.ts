import type { Digest } from '../../base/digest.ts';
import { EngineError } from '../../base/errors.ts';
import type { Image } from '../graph.ts';
import type { ImageStore } from '../images/image-store.ts';
import { resolveImage } from '../images/resolve-image.ts';
import { canonicalString, parseReference, type Reference, withDefaultTag } from '../references/reference.ts';

/** An image, and under which of its tags it goes into the archive. */
export type ImageToSave = { image: Image; references: Reference[] };

/**
 * What `docker save` means by its arguments: a name with a tag is that one, a name without one all tags of the
 * repository, an id or a digest the image without any name. An image that occurs twice is saved once.
 * @throws EngineError not-found
 */
export function imagesToSave(images: ImageStore, names: readonly string[]): ImageToSave[] {
  const found = new Map<Digest, ImageToSave>();
  const add = (image: Image, reference?: Reference) => {
    const item = found.get(image.id) ?? { image, references: [] };
    found.set(image.id, item);
    if (reference === undefined) return;
    const isNew = item.references.every(other => canonicalString(other) !== canonicalString(reference));
    if (isNew) item.references.push(reference);
  };
  for (const name of names) {
    const tags = tagsMeantBy(images, name);
    if (tags.length === 0) add(resolveForSaving(images, name));
    for (const { id, reference } of tags) add(images.get(id) ?? resolveImage(images, id), reference);
  }
  return [...found.values()];
}

/** What is left to be an id or a digest. */
function resolveForSaving(images: ImageStore, name: string): Image {
  try {
    return resolveImage(images, name);
  } catch (error) {
    if (!(error instanceof EngineError) || error.kind !== 'not-found') throw error;
    // No tag was meant, so none is named.
    throw new EngineError('not-found', `No such image: ${name}`, { cause: error });
  }
}

function tagsMeantBy(images: ImageStore, name: string): { id: Digest; reference: Reference }[] {
  if (/^(sha256:)?[a-f0-9]{64}$/.test(name)) return [];
  const reference = parseReference(name);
  if (reference.digest !== undefined) return [];
  if (reference.tag === undefined)
    return images.inRepository(reference).filter(({ reference }) => reference.digest === undefined);
  const id = images.find(withDefaultTag(reference));
  return id === undefined ? [] : [{ id, reference }];
}

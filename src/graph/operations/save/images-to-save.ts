import type { Digest } from '../../../base/digest.ts';
import { EngineError } from '../../../base/errors.ts';
import { TimeSlice } from '../../../base/time-slice.ts';
import type { Image } from '../../images/image.ts';
import type { ImageStore } from '../../images/image-store.ts';
import { resolveImage } from '../../images/resolve-image.ts';
import { canonicalString, parseReference, type Reference, withDefaultTag } from '../../../oci/reference.ts';

/** An image, and under which of its tags it goes into the archive. */
export type ImageToSave = { image: Image; references: Reference[] };

/** Each name takes a look into the database. */
const MAX_NAMES = 4096;

/**
 * What `docker save` means by its arguments: a name with a tag is that one, a name without one all tags of the
 * repository, an id or a digest the image without any name. An image that occurs twice is saved once.
 * @throws EngineError not-found, invalid-parameter
 */
export async function imagesToSave(images: ImageStore, names: readonly string[]): Promise<ImageToSave[]> {
  if (names.length > MAX_NAMES)
    throw new EngineError('invalid-parameter', `at most ${MAX_NAMES} images can be saved at once`);
  const found = new Map<Digest, { image: Image; references: Map<string, Reference> }>();
  const slice = new TimeSlice();
  for (const name of new Set(names)) {
    const tags = tagsMeantBy(images, name);
    const meant = tags.length === 0 ? [{ id: resolveForSaving(images, name).id }] : tags;
    for (const { id, reference } of meant) {
      const item = found.get(id) ?? {
        image: images.get(id) ?? resolveImage(images, id),
        references: new Map(),
      };
      found.set(id, item);
      if (reference !== undefined) item.references.set(canonicalString(reference), reference);
      if (slice.isOver) await slice.pause();
    }
  }
  return Array.from(found.values(), ({ image, references }) => ({
    image,
    references: [...references.values()],
  }));
}

/** What is left to be an id or a digest. */
function resolveForSaving(images: ImageStore, name: string): Image {
  try {
    return resolveImage(images, name);
  } catch (error) {
    if (!(error instanceof EngineError) || error.kind !== 'not-found') throw error;
    // Where no tag was meant, none is named.
    const message = namesTag(name) ? 'reference does not exist' : `No such image: ${name}`;
    throw new EngineError('not-found', message, { cause: error });
  }
}

function namesTag(name: string): boolean {
  return !isId(name) && parseReference(name).tag !== undefined;
}

function isId(name: string): boolean {
  return /^(sha256:)?[a-f0-9]{64}$/.test(name);
}

function tagsMeantBy(images: ImageStore, name: string): { id: Digest; reference?: Reference }[] {
  if (isId(name)) return [];
  const reference = parseReference(name);
  if (reference.digest !== undefined) return [];
  if (reference.tag === undefined)
    return images.inRepository(reference).filter(({ reference }) => reference.digest === undefined);
  const id = images.find(withDefaultTag(reference));
  return id === undefined ? [] : [{ id, reference }];
}

import { EngineError } from '../../base/errors.ts';
import { type Descriptor, IMAGE_NAME_ANNOTATION, REF_NAME_ANNOTATION } from '../../oci/image-spec.ts';
import { canonicalString, isTag, parseReference } from '../../oci/reference.ts';
import type { FetchedManifest } from '../client/manifest.ts';

/**
 * The image of a layout's index that has a name; without one, the only image (image-spec image-layout.md, "index.json").
 * @throws EngineError not-found; invalid-parameter where there are several to choose from
 */
export function namedImage(
  manifests: readonly Descriptor[],
  name: string | undefined,
  place: string,
): Descriptor {
  const found =
    name === undefined ? manifests : manifests.filter(manifest => namesOf(manifest).includes(name));
  const [first, ...others] = found;
  if (first === undefined)
    throw new EngineError(
      'not-found',
      name === undefined ? `${place} has no image` : `${place} has no image named ${name}`,
    );
  if (others.length > 0 && name === undefined) {
    const names = manifests.flatMap(namesOf).join(', ');
    throw new EngineError('invalid-parameter', `${place} has several images: name one of ${names}`);
  }
  return first;
}

function namesOf({ annotations = {} }: Descriptor): string[] {
  return [annotations[REF_NAME_ANNOTATION], annotations[IMAGE_NAME_ANNOTATION]].filter(
    name => name !== undefined,
  );
}

/** An image's entry in a layout's index. A full name is written as Docker's `load` looks for it, too. */
export function layoutEntry(
  { mediaType, digest, raw }: FetchedManifest,
  name: string | undefined,
): Descriptor {
  const entry = { mediaType, digest, size: raw.length };
  if (name === undefined) return entry;
  if (isTag(name)) return { ...entry, annotations: { [REF_NAME_ANNOTATION]: name } };
  const reference = parseReference(name);
  const annotations = {
    [IMAGE_NAME_ANNOTATION]: canonicalString(reference),
    ...(reference.tag === undefined ? {} : { [REF_NAME_ANNOTATION]: reference.tag }),
  };
  return { ...entry, annotations };
}

export function encodeLayoutIndex(manifests: readonly Descriptor[]): string {
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests,
  });
}

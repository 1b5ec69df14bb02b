import type { Digest } from '../../base/digest.ts';
import { isDigest } from '../../base/digest.ts';
import { EngineError } from '../../base/errors.ts';
import type { Image } from './image.ts';
import { familiarString, parseReference, type Reference, withDefaultTag } from '../../oci/reference.ts';
import type { ImageStore } from './image-store.ts';

/**
 * The image that people mean by a text: an id (with or without `sha256:`), a name, or the beginning of an id;
 * in this order, as Docker does.
 * @throws EngineError not-found (also when several ids begin so), invalid-parameter
 */
export function resolveImage(images: ImageStore, text: string): Image {
  const fullId = /^[a-f0-9]{64}$/.test(text) ? `sha256:${text}` : text;
  if (isDigest(fullId)) return images.get(fullId) ?? notFound(fullId);
  const reference = withDefaultTag(parseReference(text));
  const id = findByName(images, reference) ?? findByPrefix(images, text);
  return (id === undefined ? undefined : images.get(id)) ?? notFound(familiarString(reference));
}

function findByName(images: ImageStore, reference: Reference): Digest | undefined {
  const exact = images.find(reference);
  if (exact !== undefined || reference.digest === undefined) return exact;
  // `name:tag@digest` means what the digest says; and an image may be known by its manifest alone.
  const { digest } = reference;
  const known = images.find({ domain: reference.domain, path: reference.path, digest });
  if (known !== undefined) return known;
  return images
    .inRepository(reference)
    .find(({ id }) => images.indexOf(id) === digest || images.get(id)?.manifest === digest)?.id;
}

function findByPrefix(images: ImageStore, text: string): Digest | undefined {
  const hex = text.replace(/^sha256:/, '');
  if (!/^[a-f0-9]{1,64}$/.test(hex)) return undefined;
  const found = images.withPrefix(hex);
  return found.length === 1 ? found[0] : undefined;
}

function notFound(what: string): never {
  throw new EngineError('not-found', `No such image: ${what}`);
}

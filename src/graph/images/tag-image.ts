import { EngineError } from '../../base/errors.ts';
import { familiarName, parseReference, withDefaultTag } from '../../oci/reference.ts';
import type { ImageStore } from './image-store.ts';
import { resolveImage } from './resolve-image.ts';

/** @throws EngineError not-found for the image, invalid-parameter for the new name */
export function tagImage(images: ImageStore, reference: string, target: string): void {
  const { id } = resolveImage(images, reference);
  const name = withDefaultTag(parseReference(target));
  if (name.digest !== undefined)
    throw new EngineError('invalid-parameter', 'refusing to create a tag with a digest reference');
  if (familiarName(name) === 'sha256')
    throw new EngineError(
      'invalid-parameter',
      'refusing to create an ambiguous tag using digest algorithm as name',
    );
  images.tag(name, id);
  images.markTagged(id);
}

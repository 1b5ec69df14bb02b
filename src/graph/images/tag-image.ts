import { newName } from '../../oci/reference.ts';
import type { ImageStore } from './image-store.ts';
import { resolveImage } from './resolve-image.ts';

/** @throws EngineError not-found for the image, invalid-parameter for the new name */
export function tagImage(images: ImageStore, reference: string, target: string): void {
  const name = newName(target);
  const { id } = resolveImage(images, reference);
  images.tag(name, id);
  images.markTagged(id);
}

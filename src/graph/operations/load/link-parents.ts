import { isDeepStrictEqual } from 'node:util';
import type { Digest } from '../../../base/digest.ts';
import { EngineError } from '../../../base/errors.ts';
import { TimeSlice } from '../../../base/time-slice.ts';
import type { ImageConfig } from '../../../oci/image-config.ts';
import type { ImageStore } from '../../images/image-store.ts';
import type { ArchiveImage } from './archive-image.ts';

/**
 * Notes which of the images that have been loaded together were made from which. Those made from others, or that have
 * no history to show it by, are as ones of their own.
 * @throws EngineError invalid-parameter for an image that was not made from the one that the archive says
 */
export async function linkParents(images: ImageStore, loaded: readonly ArchiveImage[]): Promise<void> {
  const ids = new Map<string, Digest>(loaded.map(({ config }) => [config.digest, config.digest]));
  const slice = new TimeSlice();
  for (const { config, parent: named = '' } of loaded) {
    const id = config.digest;
    const parent = ids.get(named);
    const [own, above] = [images.get(id), parent && images.get(parent)];
    if (parent === undefined || parent === id || !own || !above || !hasHistory(own.config)) continue;
    if (!isNextStep(own.config, above.config))
      throw new EngineError('invalid-parameter', `image ${parent} is not a valid parent for image ${id}`);
    images.setParent(id, parent);
    if (slice.isOver) await slice.pause();
  }
}

function hasHistory({ history = [] }: ImageConfig): boolean {
  return history.length > 0;
}

/** One step more: nothing can be its own ancestor so. */
function isNextStep({ history: own = [] }: ImageConfig, { history: above = [] }: ImageConfig): boolean {
  return own.length === above.length + 1 && isDeepStrictEqual(own.slice(0, -1), above);
}

import { EngineError } from '../../base/errors.ts';
import type { HistoryEntry, Image } from '../graph.ts';
import type { Digest } from '../../base/digest.ts';
import type { ImageStore } from './image-store.ts';
import type { LayerStore } from '../layers/layer-store.ts';

/**
 * `docker history`, latest first; steps that were images here themselves have their ids.
 * @throws EngineError system when the image tells of more layers than it has
 */
export function imageHistory(layers: LayerStore, images: ImageStore, image: Image): HistoryEntry[] {
  const remaining = [...image.chainIds];
  const entries = (image.config.history ?? []).map((step): HistoryEntry => {
    let size = 0;
    if (step.empty_layer !== true) {
      const chainId = remaining.shift();
      if (chainId === undefined)
        throw new EngineError('system', 'too many non-empty layers in History section');
      size = layers.sizeBytes(chainId);
    }
    return {
      Id: '<missing>',
      Created: step.created === undefined ? 0 : Math.floor(Date.parse(step.created) / 1000),
      CreatedBy: step.created_by ?? '',
      Tags: null,
      Size: size,
      Comment: step.comment ?? '',
    };
  });
  entries.reverse();
  let ancestor: Image | undefined = image;
  for (const entry of entries) {
    if (ancestor === undefined) break;
    entry.Id = ancestor.id;
    entry.Tags = ancestor.repoTags.length > 0 ? ancestor.repoTags : null;
    const parent: Digest | undefined = images.parentOf(ancestor.id);
    ancestor = parent === undefined ? undefined : images.get(parent);
  }
  return entries;
}

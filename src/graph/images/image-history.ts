import type { Image } from './image.ts';
import type { Digest } from '../../base/digest.ts';
import type { ImageStore } from './image-store.ts';
import type { LayerStore } from '../layers/layer-store.ts';

export type HistoryEntry = {
  Id: string;
  Created: number;
  CreatedBy: string;
  Tags: string[] | null;
  Size: number;
  Comment: string;
};

/** `docker history`, latest first; steps that were images here themselves have their ids. */
export function imageHistory(layers: LayerStore, images: ImageStore, image: Image): HistoryEntry[] {
  const remaining = [...image.chainIds];
  const entries = (image.config.history ?? []).map((step): HistoryEntry => {
    const chainId = step.empty_layer === true ? undefined : remaining.shift();
    return {
      Id: '<missing>',
      Created: step.created ? Math.floor(Date.parse(step.created) / 1000) : 0,
      CreatedBy: step.created_by ?? '',
      Tags: null,
      Size: chainId === undefined ? 0 : layers.sizeBytes(chainId),
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

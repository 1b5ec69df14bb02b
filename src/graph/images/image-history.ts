import { EngineError } from '../../base/errors.ts';
import type { HistoryEntry, Image } from '../graph.ts';
import type { LayerStore } from '../layers/layer-store.ts';

/**
 * `docker history`, latest first.
 * @throws EngineError system when the image tells of more layers than it has
 */
export function imageHistory(layers: LayerStore, image: Image): HistoryEntry[] {
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
  const latest = entries.at(-1);
  if (latest !== undefined) {
    latest.Id = image.id;
    latest.Tags = image.repoTags.length > 0 ? image.repoTags : null;
  }
  return entries.reverse();
}

import type { Built } from '../build-image.ts';
import type { CacheRecord } from './cache-config.ts';
import { madeLayers } from './made-layers.ts';

/** A cache that is part of an image: which of its layers operations have made. @returns it in base64 */
export function inlineCache(built: Built): string {
  const { base, layers } = built.state;
  const below = base?.chainIds.length ?? 0;
  const indexes = new Map(layers.map(({ chainId }, index) => [chainId, below + index]));
  const records: CacheRecord[] = [];
  for (const { layer } of madeLayers(built)) {
    const { chainId, diffId, createdAt } = layer;
    const index = indexes.get(chainId);
    for (const digest of built.parts.cache.keysOf(layer))
      records.push(
        index === undefined
          ? { digest, elsewhere: { diffID: diffId, createdAt } }
          : { digest, layers: [{ layer: index, createdAt }] },
      );
  }
  return Buffer.from(JSON.stringify(records)).toString('base64');
}

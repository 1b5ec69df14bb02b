import type { Digest } from '../../base/digest.ts';
import type { Built } from '../build-image.ts';
import type { CachedLayer } from '../solver/result-cache.ts';

export type MadeLayer = {
  layer: CachedLayer;
  /** What it is on top of; undefined for nothing. */
  below: Digest | undefined;
  /** Whether it is part of the build's result, and not of another stage alone. */
  isResult: boolean;
};

/** All layers that a build has made or found, each after those below it. */
export function madeLayers({ state, stages }: Built): MadeLayer[] {
  const made = new Map<Digest, MadeLayer>();
  const result = new Set(state.layers.map(({ chainId }) => chainId));
  for (const { base, layers } of stages) {
    let below = base?.chainIds.at(-1);
    for (const layer of layers) {
      const { chainId } = layer;
      if (!made.has(chainId)) made.set(chainId, { layer, below, isResult: result.has(chainId) });
      below = chainId;
    }
  }
  return [...made.values()];
}

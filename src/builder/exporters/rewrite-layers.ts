import { closeSync } from 'node:fs';
import type { Digest } from '../../base/digest.ts';
import type { Build } from '../build.ts';
import { CACHE_LEASE } from '../solver/cache-store.ts';
import type { CachedLayer } from '../solver/result-cache.ts';
import { operationKey } from '../solver/operation-key.ts';
import type { StageState } from '../stage-state.ts';

/** What was built, with no file later than `epoch` (ISO 8601) in its layers. Those of the base stay as they are. */
export async function withRewrittenLayers(
  { parts }: Pick<Build, 'parts'>,
  state: StageState,
  epoch: string,
): Promise<StageState> {
  let top = state.base?.chainIds.at(-1);
  const layers: CachedLayer[] = [];
  for (const layer of state.layers) {
    const rewritten = await rewrite(top, layer);
    layers.push(rewritten);
    top = rewritten.chainId;
  }
  return { ...state, layers, top };

  async function rewrite(below: Digest | undefined, { diffId }: CachedLayer): Promise<CachedLayer> {
    const key = operationKey('rewrite', { below, diffId, epoch });
    const description = `rewrite-timestamp ${epoch}`;
    const known = parts.cache.find(key, { top: below, description });
    if (known !== undefined) return known;
    const archiveFd = await parts.content.open(diffId);
    try {
      const made = await parts.builds.add(below, {
        lease: CACHE_LEASE,
        pack: output =>
          parts.threads.run({
            kind: 'rewrite-times',
            archive: { archiveFd, compression: 'none' },
            timeNs: BigInt(Date.parse(epoch)) * 1_000_000n,
            output,
          }),
      });
      const layer = { ...made, createdAt: epoch };
      parts.cache.add(key, layer, description);
      return layer;
    } finally {
      closeSync(archiveFd);
    }
  }
}

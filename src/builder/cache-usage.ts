import type { BuildCacheEntry, BuildPruneOptions } from '../api/classic-build.ts';
import { cacheFilter } from './cache-filter.ts';
import { hexOf } from '../base/digest.ts';
import type { CacheRecord, CacheStore } from './solver/cache-store.ts';

/** What the cache has, as `/system/df` tells it; results that share a layer count once. */
export function usedCache(cache: CacheStore): BuildCacheEntry[] {
  return byLayer(cache.list()).map(entryOf);
}

function entryOf({ records, last }: Layer): BuildCacheEntry {
  return {
    ID: hexOf(last.chainId).slice(0, 25),
    Type: 'regular',
    Description: last.description,
    InUse: false,
    Shared: false,
    Size: last.sizeBytes,
    CreatedAt: last.createdAt,
    LastUsedAt: new Date(last.lastUsedAtMs).toISOString(),
    UsageCount: records.reduce((sum, { uses }) => sum + uses, 0),
  };
}

/**
 * Forgets what was used least recently, until what is left is as the options say.
 * @throws EngineError invalid-parameter for a filter that cannot be read
 */
export async function prunedCache(
  cache: CacheStore,
  { keepBytes, unusedForMs, filters }: BuildPruneOptions,
): Promise<{ CachesDeleted: string[] | null; SpaceReclaimed: number }> {
  const isMeant = await cacheFilter(filters);
  const layers = byLayer(cache.list());
  let kept = layers.reduce((sum, { last }) => sum + last.sizeBytes, 0);
  const now = Date.now();
  const removed: Layer[] = [];
  for (const layer of layers) {
    const { last } = layer;
    if (
      !isMeant(entryOf(layer)) ||
      now - last.lastUsedAtMs < unusedForMs ||
      (keepBytes > 0 && kept <= keepBytes)
    )
      continue;
    kept -= last.sizeBytes;
    removed.push(layer);
  }
  cache.remove(removed.flatMap(({ records }) => records.map(({ key }) => key)));
  return {
    CachesDeleted: removed.length === 0 ? null : removed.map(({ last }) => hexOf(last.chainId).slice(0, 25)),
    SpaceReclaimed: removed.reduce((sum, { last }) => sum + last.sizeBytes, 0),
  };
}

type Layer = { records: CacheRecord[] /** The one that was used last. */; last: CacheRecord };

/** Least recently used first. */
function byLayer(records: readonly CacheRecord[]): Layer[] {
  const groups = Map.groupBy(records, ({ chainId }) => chainId);
  const layers = [...groups.values()].map(group => ({ records: group, last: group.at(-1) as CacheRecord }));
  return layers.sort((a, b) => a.last.lastUsedAtMs - b.last.lastUsedAtMs);
}

import { statfsSync } from 'node:fs';
import type { BuildCacheEntry, BuildPruneOptions } from '../api/classic-build.ts';
import { cacheFilter } from './cache-filter.ts';
import { keptBytes } from './cache-space.ts';
import { type Digest, hexOf } from '../base/digest.ts';
import type { BuilderParts } from './builder-parts.ts';
import type { CacheRecord } from './solver/cache-store.ts';

type Parts = Pick<BuilderParts, 'root' | 'store' | 'cacheMounts' | 'builds' | 'activity'>;
const ID_LENGTH = 25;

/** Something in the cache that goes as a whole: a layer with all results that have it, or a cache mount. */
type Entry = {
  id: string;
  entry: BuildCacheEntry;
  lastUsedAtMs: number;
  /** What its removal frees: nothing, where an image has the layer, too. */
  freedBytes: number;
  keys: Digest[];
  mount: string | undefined;
};

/** What the cache has, as `/system/df` tells it; results that share a layer count once. */
export async function usedCache(parts: Parts): Promise<BuildCacheEntry[]> {
  return (await entriesOf(parts)).map(({ entry }) => entry);
}

/**
 * Forgets what was used least recently, until what is left is as the options say. What images have, too, is on the disk
 * for them, and does not count. Nothing that a build is at work with goes.
 * @throws EngineError invalid-parameter for a filter that cannot be read
 */
export async function prunedCache(
  parts: Parts,
  { all, space, unusedForMs, filters }: BuildPruneOptions,
): Promise<{ CachesDeleted: string[] | null; SpaceReclaimed: number }> {
  const isMeant = await cacheFilter(filters);
  const entries = await entriesOf(parts);
  let kept = entries.reduce((sum, { freedBytes }) => sum + freedBytes, 0);
  const keepBytes = keptBytes(space, { usedBytes: kept, freeBytes: freeBytesOf(parts.root) });
  const now = Date.now();
  const removed: Entry[] = [];
  for (const each of entries) {
    const isWanted =
      (all || !each.entry.Shared) &&
      isMeant(each.entry) &&
      now - each.lastUsedAtMs >= unusedForMs &&
      !(keepBytes > 0 && kept <= keepBytes);
    if (!isWanted || each.entry.InUse) continue;
    if (each.mount !== undefined && !(await parts.cacheMounts.remove(each.mount))) continue;
    kept -= each.freedBytes;
    removed.push(each);
  }
  parts.store.remove(removed.flatMap(({ keys }) => keys));
  return {
    CachesDeleted: removed.length === 0 ? null : removed.map(({ id }) => id),
    SpaceReclaimed: removed.reduce((sum, { entry }) => sum + entry.Size, 0),
  };
}

/** Of a limit, what is left after it was passed: so that the next build does not pass it at once. */
const HEAD_ROOM = 0.9;

/** How large the cache may get, and what of the disk it has to leave free; 0: no limit. */
export type CacheLimits = { maxUsedBytes: number; minFreeBytes: number };

/** After a build: rules, where there are any, one after the other; else the limits. */
export async function collectCache(
  parts: Parts,
  limits: CacheLimits,
  policies: readonly BuildPruneOptions[],
): Promise<void> {
  if (policies.length === 0) return keepWithin(parts, limits);
  for (const policy of policies) await prunedCache(parts, policy);
}

/** When a limit is passed, what was used least recently goes. */
async function keepWithin(parts: Parts, { maxUsedBytes, minFreeBytes }: CacheLimits): Promise<void> {
  const entries = await entriesOf(parts);
  const usedBytes = entries.reduce((sum, { freedBytes }) => sum + freedBytes, 0);
  const isLarge = maxUsedBytes > 0 && usedBytes > maxUsedBytes;
  const isFull = minFreeBytes > 0 && freeBytesOf(parts.root) < minFreeBytes && usedBytes > 0;
  if (!isLarge && !isFull) return;
  const space = {
    reservedBytes: 0,
    maxUsedBytes: maxUsedBytes === 0 ? 0 : Math.max(Math.floor(maxUsedBytes * HEAD_ROOM), 1),
    minFreeBytes: Math.ceil(minFreeBytes / HEAD_ROOM),
  };
  await prunedCache(parts, { all: true, space, unusedForMs: 0, filters: [] });
}

/** What of the file system anybody may still use. */
function freeBytesOf(root: string): number {
  const { bavail, bsize } = statfsSync(root);
  return bavail * bsize;
}

const LEAST_BYTES = 2 * 1024 ** 3;

/** A tenth of the file system, as BuildKit has it, and 2 GiB at least. */
export function defaultLimit(root: string): number {
  const { blocks, bsize } = statfsSync(root);
  return Math.max(Math.floor((blocks * bsize) / 10), LEAST_BYTES);
}

/** Least recently used first. */
async function entriesOf(parts: Parts): Promise<Entry[]> {
  const layers = layerEntries(parts);
  const mounts = (await parts.cacheMounts.list()).map((mount): Entry => {
    const id = mount.name.slice(0, ID_LENGTH);
    const entry: BuildCacheEntry = {
      ID: id,
      Type: 'exec.cachemount',
      Description: `cached mount ${mount.id}`,
      InUse: mount.isInUse,
      Shared: false,
      Size: mount.sizeBytes,
      CreatedAt: new Date(mount.createdAtMs).toISOString(),
      LastUsedAt: new Date(mount.lastUsedAtMs).toISOString(),
      UsageCount: 1,
    };
    const { lastUsedAtMs, sizeBytes: freedBytes, name } = mount;
    return { id, entry, lastUsedAtMs, freedBytes, keys: [], mount: name };
  });
  return [...layers, ...mounts].sort((a, b) => a.lastUsedAtMs - b.lastUsedAtMs);
}

function layerEntries({ store, builds, activity }: Parts): Entry[] {
  const groups = Map.groupBy(store.list(), ({ chainId }) => chainId);
  const usage = builds.usage();
  const since = activity.oldestStartMs ?? Number.POSITIVE_INFINITY;
  return [...groups].map(([chainId, records]): Entry => {
    const last = records.at(-1) as CacheRecord;
    const { diskBytes, isShared } = usage(last);
    const id = hexOf(chainId).slice(0, ID_LENGTH);
    const entry: BuildCacheEntry = {
      ID: id,
      Type: 'regular',
      Description: last.description,
      InUse: last.lastUsedAtMs >= since,
      Shared: isShared,
      Size: last.sizeBytes,
      CreatedAt: last.createdAt,
      LastUsedAt: new Date(last.lastUsedAtMs).toISOString(),
      UsageCount: records.reduce((sum, { uses }) => sum + uses, 0),
    };
    const { lastUsedAtMs } = last;
    const keys = records.map(({ key }) => key);
    return { id, entry, lastUsedAtMs, freedBytes: isShared ? 0 : diskBytes, keys, mount: undefined };
  });
}

import type { CacheSpace } from '../api/classic-build.ts';

/** What the cache takes on the disk, and what is free there. */
export type DiskSpace = { usedBytes: number; freeBytes: number };

/** How much of the cache may stay, by BuildKit's rules; 0 without limits: nothing. */
export function keptBytes(
  { reservedBytes, maxUsedBytes, minFreeBytes }: CacheSpace,
  { usedBytes, freeBytes }: DiskSpace,
): number {
  if (maxUsedBytes === 0 && minFreeBytes === 0) return reservedBytes;
  const cap = maxUsedBytes === 0 ? usedBytes : Math.min(maxUsedBytes, usedBytes);
  const excess = Math.max(minFreeBytes - freeBytes, 0);
  return Math.max(Math.min(cap, usedBytes - excess), reservedBytes, 0);
}

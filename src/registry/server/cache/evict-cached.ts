import { TimeSlice } from '../../../base/time-slice.ts';
import type { ContentDigest } from '../storage/content-digest.ts';
import type { RegistryStore } from '../storage/registry-store.ts';

const PAGE = 500;

type CachedBlob = { digest: ContentDigest; sizeBytes: number; usedAtMs: number };

/**
 * Removes blobs that came from upstreams, longest unused first, until the rest takes no more than so many bytes. What a
 * repository has that was pushed here stays, and so does what is being sent or stored. Manifests stay: by them blobs come
 * again.
 */
export async function evictCached(store: RegistryStore, maximumBytes: number): Promise<void> {
  const blobs = await cachedBlobs(store);
  let bytes = blobs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const longestUnusedFirst = blobs.toSorted((left, right) => left.usedAtMs - right.usedAtMs);
  const removed: ContentDigest[] = [];
  for (const { digest, sizeBytes } of longestUnusedFirst) {
    if (bytes <= maximumBytes) break;
    if (store.leases.isHeld(digest) || !store.records.forgetCached(digest)) continue;
    bytes -= sizeBytes;
    removed.push(digest);
  }
  if (removed.length === 0) return;
  await store.synced();
  for (const digest of removed)
    if (store.records.blob(digest) === undefined && !store.leases.isHeld(digest)) store.files.remove(digest);
}

async function cachedBlobs({ records }: RegistryStore): Promise<CachedBlob[]> {
  const blobs: CachedBlob[] = [];
  const slice = new TimeSlice();
  for (let after = ''; ; ) {
    const page = records.cachedBlobs(after, PAGE);
    blobs.push(...page.filter(({ isPushed }) => !isPushed));
    after = page.at(-1)?.digest ?? after;
    if (page.length < PAGE) return blobs;
    if (slice.isOver) await slice.pause();
  }
}

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildPruneOptions } from '../api/classic-build.ts';
import { KeyedLock } from '../base/keyed-lock.ts';
import { makePrivateDirectory } from '../base/private-files.ts';
import type { LeaseRegister } from '../graph/records/leases.ts';
import type { BuilderParts, BuilderPorts } from './builder-parts.ts';
import { collectCache, defaultLimit } from './cache-usage.ts';
import { Activity } from './solver/activity.ts';
import { CacheMounts } from './solver/cache-mounts.ts';
import { CacheStore } from './solver/cache-store.ts';
import { Removals } from './solver/removals.ts';
import { SharedRuns } from './solver/shared-runs.ts';
import { StepRecords } from './solver/step-records.ts';

/** What stands for a place where nothing is yet. */
export function emptyDirectory(root: string): string {
  return join(root, 'empty');
}

/** A builder in a directory of its own. What an earlier one has left half-made goes. `close` it when no build goes on. */
export async function openBuilder(
  root: string,
  ports: BuilderPorts & {
    leases: LeaseRegister;
    /** What the cache may take on the disk; 0 for as much as there is, undefined for the default. */
    cacheLimitBytes: number | undefined;
    /** What of the file system builds leave free, as far as their cache can; 0 for nothing. */
    minFreeBytes: number;
    /** Rules that take the place of both. */
    cachePolicies: readonly BuildPruneOptions[];
  },
): Promise<BuilderParts & { close(): Promise<void> }> {
  makePrivateDirectory(root);
  const { leases, cacheLimitBytes, minFreeBytes, cachePolicies, ...own } = ports;
  await ports.threads.run({ kind: 'remove', root, name: 'tmp' });
  mkdirSync(join(root, 'tmp'), { mode: 0o700 });
  mkdirSync(emptyDirectory(root), { recursive: true, mode: 0o700 });
  await ports.builds.removeAll();
  const cache = new CacheStore(join(root, 'builder.db'), { builds: ports.builds, leases });
  const records = new StepRecords(join(root, 'steps.db'));
  const limits = { maxUsedBytes: cacheLimitBytes ?? defaultLimit(root), minFreeBytes };
  const collecting = { current: Promise.resolve() };
  const parts: BuilderParts = {
    ...own,
    root,
    cache,
    store: cache,
    runs: new SharedRuns(),
    records,
    removals: new Removals(),
    activity: new Activity(() => {
      // What fails is tried again after the next build.
      collecting.current = collecting.current
        .then(() => {
          records.trim();
          return collectCache(parts, limits, cachePolicies);
        })
        .catch(() => undefined);
    }),
    cacheMounts: new CacheMounts(join(root, 'cache-mounts'), ports.threads),
    mountLocks: new KeyedLock(),
  };
  return {
    ...parts,
    close: async () => {
      await collecting.current;
      await parts.removals.settled();
      await ports.builds.whenRemoved();
      cache.close();
      records.close();
    },
  };
}

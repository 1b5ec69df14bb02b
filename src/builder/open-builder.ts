import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { KeyedLock } from '../base/keyed-lock.ts';
import { makePrivateDirectory } from '../base/private-files.ts';
import type { LeaseRegister } from '../graph/records/leases.ts';
import type { BuilderParts, BuilderPorts } from './builder-parts.ts';
import { CacheStore } from './solver/cache-store.ts';
import { SharedRuns } from './solver/shared-runs.ts';

/** What stands for a place where nothing is yet. */
export function emptyDirectory(root: string): string {
  return join(root, 'empty');
}

/** A builder in a directory of its own. What an earlier one has left half-made goes. `close` it when no build goes on. */
export async function openBuilder(
  root: string,
  ports: BuilderPorts & { leases: LeaseRegister },
): Promise<BuilderParts & { close(): Promise<void> }> {
  makePrivateDirectory(root);
  const { leases, ...own } = ports;
  await ports.threads.run({ kind: 'remove', root, name: 'tmp' });
  mkdirSync(join(root, 'tmp'), { mode: 0o700 });
  mkdirSync(emptyDirectory(root), { recursive: true, mode: 0o700 });
  await ports.builds.removeAll();
  const cache = new CacheStore(join(root, 'builder.db'), { builds: ports.builds, leases });
  return {
    ...own,
    root,
    cache,
    runs: new SharedRuns(),
    mountLocks: new KeyedLock(),
    close: async () => {
      await ports.builds.whenRemoved();
      cache.close();
    },
  };
}

import { existsSync } from 'node:fs';
import type { Volume } from '../../api/types.ts';
import type { Daemon } from '../daemon.ts';
import { invalid } from '../errors.ts';
import {
  avoidsLabels,
  booleanFilter,
  checkFilters,
  type Filters,
  matchesExactly,
  matchesLabels,
  matchesPattern,
} from '../filters.ts';

/** `docker volume ls`. @throws EngineError invalid-parameter for a bad filter */
export function listVolumes(daemon: Daemon, filters: Filters): Volume[] {
  checkFilters(filters, ['dangling', 'name', 'driver', 'label']);
  const wantsDangling = filters.has('dangling') ? booleanFilter(filters, 'dangling', false) : undefined;
  return daemon.volumes
    .all()
    .filter(
      ({ name, labels }) =>
        matchesPattern(filters, 'name', name) &&
        matchesExactly(filters, 'driver', 'local') &&
        matchesLabels(filters, labels) &&
        (wantsDangling === undefined || wantsDangling === (volumeUsers(daemon, name).length === 0)),
    )
    .map(volume => daemon.volumes.describe(volume));
}

/** Ids of the containers that have it mounted. */
export function volumeUsers({ containers }: Daemon, name: string): string[] {
  return containers
    .all()
    .filter(({ record }) => record.mounts.some(mount => mount.type === 'volume' && mount.name === name))
    .map(({ id }) => id);
}

/** `docker volume prune`: anonymous ones that nobody uses; with the filter `all=1`, named ones too. */
export async function pruneVolumes(
  daemon: Daemon,
  filters: Filters,
): Promise<{ VolumesDeleted: string[]; SpaceReclaimed: number }> {
  checkFilters(filters, ['label', 'label!', 'all']);
  if ((filters.get('all') ?? []).length > 1) throw invalid("invalid filter 'all': only one value is allowed");
  const includesNamed = booleanFilter(filters, 'all', false);
  const deleted: string[] = [];
  let reclaimed = 0;
  for (const { name, labels } of daemon.volumes.all()) {
    if (!includesNamed && !daemon.volumes.isAnonymous(name)) continue;
    if (!matchesLabels(filters, labels) || !avoidsLabels(filters, labels)) continue;
    const bytes = await volumeBytes(daemon, name);
    // Asked last: a container may have come to use it meanwhile.
    if (volumeUsers(daemon, name).length > 0) continue;
    daemon.volumes.remove(name, []);
    deleted.push(name);
    reclaimed += bytes;
  }
  return { VolumesDeleted: deleted, SpaceReclaimed: reclaimed };
}

/** The sizes of all files in a volume's directory, added up as Docker does: each inode once, directories not. */
export async function volumeBytes({ volumes, threads }: Daemon, name: string): Promise<number> {
  const root = volumes.path(name);
  return existsSync(root) ? threads.run({ kind: 'measure', root }) : 0;
}

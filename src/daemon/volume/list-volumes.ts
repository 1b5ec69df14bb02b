import { countKeys } from '../../base/count.ts';
import type { Volume } from '../../api/types.ts';
import { TimeSlice } from '../../base/time-slice.ts';
import type { VolumeDaemon } from './volumes.ts';
import { invalid } from '../model/errors.ts';
import { pruneEvent } from '../model/prune-event.ts';
import {
  booleanFilter,
  checkFilters,
  exactFilter,
  type Filters,
  filterValues,
  labelFilter,
  patternFilter,
} from '../model/filters.ts';

/** `docker volume ls`. @throws EngineError invalid-parameter for a bad filter */
export async function listVolumes(daemon: VolumeDaemon, filters: Filters): Promise<Volume[]> {
  checkFilters(filters, ['dangling', 'name', 'driver', 'label']);
  const wantsDangling = filters.has('dangling') ? booleanFilter(filters, 'dangling', false) : undefined;
  const hasName = await patternFilter(filters, 'name');
  const hasLabels = labelFilter(filters);
  if (!exactFilter(filters, 'driver')('local')) return [];
  const used = wantsDangling === undefined ? undefined : volumeUses(daemon);
  const slice = new TimeSlice();
  const found: Volume[] = [];
  for (const volume of daemon.volumes.all()) {
    const { name, labels } = volume;
    const isWanted = used === undefined || used(name) > 0 !== wantsDangling;
    if (isWanted && hasName(name) && hasLabels(labels)) found.push(daemon.volumes.describe(volume));
    if (slice.isOver) await slice.pause();
  }
  return found;
}

/** How many containers have each volume mounted. */
export function volumeUses({ containers }: VolumeDaemon): (name: string) => number {
  return countKeys(
    containers.all().flatMap(({ record }) => {
      const volumes = record.mounts.filter(({ type }) => type === 'volume');
      return [...new Set(volumes.map(({ name }) => name))];
    }),
  );
}

/** Ids of the containers that have it mounted. */
export function volumeUsers({ containers }: VolumeDaemon, name: string): string[] {
  return containers
    .all()
    .filter(({ record }) => record.mounts.some(mount => mount.type === 'volume' && mount.name === name))
    .map(({ id }) => id);
}

/** `docker volume prune`: anonymous ones that no container uses; with the filter `all=1`, named ones too. */
export async function pruneVolumes(
  daemon: VolumeDaemon,
  filters: Filters,
): Promise<{ VolumesDeleted: string[]; SpaceReclaimed: number }> {
  checkFilters(filters, ['label', 'label!', 'all']);
  if (filterValues(filters, 'all').length > 1)
    throw invalid("invalid filter 'all': only one value is allowed");
  const includesNamed = booleanFilter(filters, 'all', false);
  const deleted: string[] = [];
  let reclaimed = 0;
  const hasLabels = labelFilter(filters);
  for (const { name, labels } of daemon.volumes.all()) {
    if (!includesNamed && !daemon.volumes.isAnonymous(name)) continue;
    if (!hasLabels(labels)) continue;
    const bytes = await volumeBytes(daemon, name);
    // Asked last: a container may have come to use it meanwhile.
    if (volumeUsers(daemon, name).length > 0) continue;
    daemon.volumes.remove(name, []);
    deleted.push(name);
    reclaimed += bytes;
  }
  pruneEvent(daemon, 'volume', reclaimed);
  return { VolumesDeleted: deleted, SpaceReclaimed: reclaimed };
}

/** The sizes of all files in a volume's directory, added up as Docker does: each inode once, directories not. */
export function volumeBytes({ volumes, threads }: VolumeDaemon, name: string): Promise<number> {
  return threads.run({ kind: 'measure', root: volumes.path(name) });
}

import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
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
    const bytes = await treeBytes(daemon.volumes.path(name));
    // Asked last: a container may have come to use it meanwhile.
    if (volumeUsers(daemon, name).length > 0) continue;
    daemon.volumes.remove(name, []);
    deleted.push(name);
    reclaimed += bytes;
  }
  return { VolumesDeleted: deleted, SpaceReclaimed: reclaimed };
}

/** The sizes of all files below a directory, added up as Docker does: each inode once, directories not. */
export async function treeBytes(directory: string, seen = new Set<number>()): Promise<number> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  let bytes = 0;
  for (const entry of entries) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) bytes += await treeBytes(path, seen);
    else bytes += await fileBytes(path, seen);
  }
  return bytes;
}

/** 0 for what has gone meanwhile, and for another name of a file that was counted. */
async function fileBytes(path: string, seen: Set<number>): Promise<number> {
  const stat = await lstat(path).catch(() => undefined);
  if (stat === undefined || seen.has(stat.ino)) return 0;
  if (stat.nlink > 1) seen.add(stat.ino);
  return stat.size;
}

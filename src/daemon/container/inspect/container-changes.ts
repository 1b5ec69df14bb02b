import { TimeSlice } from '../../../base/time-slice.ts';
import type { Container } from '../../model/container.ts';
import type { Daemon } from '../daemon.ts';

/** 0 modified, 1 added, 2 deleted: as the API has them. */
export type Change = { Path: string; Kind: 0 | 1 | 2 };

const KINDS = { modified: 0, added: 1, deleted: 2 } as const;

/** `docker diff`: what the container has changed in its image's files. Null when nothing. */
export async function containerChanges({ graph }: Daemon, container: Container): Promise<Change[] | null> {
  const changes: Change[] = [];
  const slice = new TimeSlice();
  for (const { path, kind } of await graph.containerChanges(container.id, MADE_PLACES)) {
    changes.push({ Path: path, Kind: KINDS[kind] });
    if (slice.isOver) await slice.pause();
  }
  return changes.length > 0 ? changes : null;
}

/** What creating and starting a container makes in its root, for mounts: no change of the container's own. */
export const MADE_PLACES: readonly string[] = [
  '/.dockerenv',
  '/dev',
  '/dev/console',
  '/dev/pts',
  '/dev/shm',
  '/proc',
  '/sys',
  '/etc/hostname',
  '/etc/hosts',
  '/etc/mtab',
  '/etc/resolv.conf',
  '/sbin/docker-init',
];

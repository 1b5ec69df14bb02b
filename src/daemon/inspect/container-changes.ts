import { existsSync, type Stats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineError } from '../../base/errors.ts';
import type { Container } from '../containers/container.ts';
import type { Daemon } from '../daemon.ts';

/** 0 modified, 1 added, 2 deleted: as the API has them. */
export type Change = { Path: string; Kind: 0 | 1 | 2 };

/**
 * `docker diff`: what the container's own layer has that the image has not, read from the overlay's upper
 * directory. Null when nothing has changed.
 * @throws EngineError not-implemented for storage drivers other than overlay2
 */
export async function containerChanges({ graph }: Daemon, container: Container): Promise<Change[] | null> {
  container.layer ??= await graph.openContainerLayer(container.id);
  const { rootfs } = container.layer;
  if (rootfs.type === 'bind') {
    throw new EngineError(
      'not-implemented',
      `the storage driver ${graph.driverName} cannot tell what has changed`,
    );
  }
  const made = new Set([...MADE, ...container.record.mounts.map(({ destination }) => destination)]);
  const changes = await changesBelow(rootfs, '/', made);
  return changes.length > 0 ? changes.sort((a, b) => (a.Path < b.Path ? -1 : 1)) : null;
}

/** What creating and starting a container makes in its root: see completeRoot, and places for mounts. */
const MADE = [
  '/.dockerenv',
  '/dev',
  '/proc',
  '/sys',
  '/etc/hostname',
  '/etc/hosts',
  '/etc/mtab',
  '/etc/resolv.conf',
  '/sbin/docker-init',
];

type Overlay = { lowerdirs: readonly string[]; upperdir: string };

async function changesBelow(
  overlay: Overlay,
  directory: string,
  made: ReadonlySet<string>,
): Promise<Change[]> {
  const changes: Change[] = [];
  for (const name of await readdir(join(overlay.upperdir, directory))) {
    const path = join(directory, name);
    if (made.has(path)) continue;
    const stats = await lstat(join(overlay.upperdir, path));
    const isKnown = overlay.lowerdirs.some(lower => existsSync(join(lower, path)));
    const below = stats.isDirectory() ? await changesBelow(overlay, path, made) : [];
    const isOnlyForMounts = below.length === 0 && [...made].some(place => place.startsWith(`${path}/`));
    if (isOnlyForMounts) continue;
    changes.push({ Path: path, Kind: isWhiteout(stats) ? 2 : isKnown ? 0 : 1 }, ...below);
  }
  return changes;
}

/** A character device 0:0 (Documentation/filesystems/overlayfs.rst). */
function isWhiteout(stats: Stats): boolean {
  return stats.isCharacterDevice() && stats.rdev === 0;
}

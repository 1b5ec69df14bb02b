import { chmodSync, chownSync, lstatSync, mkdirSync, type Stats, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../../base/errors.ts';
import type { ContainerLayer } from '../../graph/graph.ts';

/**
 * What Docker puts into every container's root where the image has none: `/.dockerenv`, by which programs tell
 * that they run in a container, and `/etc/mtab`, which shows the container's own mounts.
 */
export function completeRoot({ rootfs }: ContainerLayer): void {
  const [own, below] =
    rootfs.type === 'overlay' ? [rootfs.upperdir, rootfs.lowerdirs] : [rootfs.path, [rootfs.path]];
  const find = (path: string): Stats | undefined => first(below, lower => statIfPresent(join(lower, path)));
  if (find('.dockerenv') === undefined) writeFileSync(join(own, '.dockerenv'), '', { mode: 0o755 });
  const directory = find('etc');
  // What a layer says is deleted is a node of its own, and so is found too: then the image wants none.
  if (!directory?.isDirectory() || find('etc/mtab') !== undefined) return;
  if (!below.includes(own)) copyDirectory(join(own, 'etc'), directory);
  symlinkSync('/proc/mounts', join(own, 'etc/mtab'));
}

function copyDirectory(path: string, { mode, uid, gid }: Stats): void {
  mkdirSync(path);
  chownSync(path, uid, gid);
  chmodSync(path, mode & 0o7777);
}

function first<T, R>(list: readonly T[], find: (item: T) => R | undefined): R | undefined {
  for (const item of list) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function statIfPresent(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (errorCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

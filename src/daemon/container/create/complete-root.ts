import { chmodSync, chownSync, lstatSync, mkdirSync, type Stats, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../../../base/errors.ts';
import type { ContainerLayer } from '../../../graph/graph.ts';

/** What an image lacks. */
type Missing = {
  dockerenv: boolean;
  /** The directory that `/etc/mtab` is missing in. */
  etc: Stats | undefined;
};

/** By the image's directories: looking through dozens of layers takes longer than making the files. */
const known = new Map<string, Missing>();
const MAX_KNOWN = 1000;

/**
 * What Docker puts into every container's root where the image has none: `/.dockerenv`, by which programs tell
 * that they run in a container, and `/etc/mtab`, which shows the container's own mounts.
 */
export function completeRoot({ rootfs }: ContainerLayer): void {
  const isWhole = rootfs.type === 'bind';
  const own = isWhole ? rootfs.path : rootfs.upperdir;
  const missing = isWhole ? lookThrough([own]) : missingIn(rootfs.lowerdirs);
  if (missing.dockerenv) writeFileSync(join(own, '.dockerenv'), '', { mode: 0o755 });
  if (missing.etc === undefined) return;
  if (!isWhole) copyDirectory(join(own, 'etc'), missing.etc);
  symlinkSync('/proc/mounts', join(own, 'etc/mtab'));
}

/** What is missing in directories that never change, topmost first. */
function missingIn(layers: readonly string[]): Missing {
  const key = layers.join(':');
  let missing = known.get(key);
  if (missing === undefined) {
    missing = lookThrough(layers);
    if (known.size === MAX_KNOWN) known.delete(known.keys().next().value as string);
    known.set(key, missing);
  }
  return missing;
}

function lookThrough(layers: readonly string[]): Missing {
  const find = (path: string) => first(layers, layer => statIfPresent(join(layer, path)));
  const etc = find('etc');
  // Where it is a link, it leads anywhere.
  const inDirectory = layers.filter(layer => statIfPresent(join(layer, 'etc'))?.isDirectory());
  const mtab = first(inDirectory, layer => statIfPresent(join(layer, 'etc/mtab')));
  // What a layer says is deleted is a node of its own, and so is found too: then the image wants none.
  const wantsMtab = etc?.isDirectory() === true && mtab === undefined;
  return { dockerenv: find('.dockerenv') === undefined, etc: wantsMtab ? etc : undefined };
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

import { closeSync, constants, mkdtempSync, openSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SyscallError } from '../base/errors.ts';
import {
  MNT_DETACH,
  MOUNT_ATTR_NODEV,
  MOUNT_ATTR_NOSUID,
  MOUNT_ATTR_RDONLY,
  OPEN_TREE_CLOEXEC,
  OPEN_TREE_CLONE,
} from './abi/mount.ts';
import { cstring, syscall } from './libc.ffi.ts';
import { openDetachedMount } from './open-detached-mount.ts';

const AT_FDCWD = -100;

export type OverlayOptions = {
  /** Topmost first; at least two where there is no upper directory. Each up to 255 bytes. */
  lowerdirs: string[];
  upperdir?: string;
  workdir?: string;
  /** Further mount options: `userxattr`, `metacopy=off`. */
  options?: string[];
};

/**
 * An overlay mount that hangs nowhere: it is reached by its descriptor only, and goes away when that is closed.
 * Read-only where there is no upper directory. Before Linux 6.8 it hangs on a directory of its own for a moment.
 * @throws SyscallError
 */
export function openDetachedOverlay(options: OverlayOptions): number {
  try {
    return openByContext(options);
  } catch (error) {
    if (!(error instanceof SyscallError) || error.code !== 'EINVAL') throw error;
    return openByPath(options);
  }
}

function openByContext({ lowerdirs, upperdir, workdir, options = [] }: OverlayOptions): number {
  return openDetachedMount({
    type: 'overlay',
    parameters: [
      // One parameter a layer: a value may have 255 bytes only, so all of them in one would not fit.
      ...lowerdirs.map(lowerdir => ['lowerdir+', lowerdir] as const),
      ...(upperdir === undefined ? [] : [['upperdir', upperdir] as const]),
      workdir === undefined ? ['ro'] : ['workdir', workdir],
      ...options.map(parameterOf),
    ],
    attributes: attributesOf(upperdir),
  });
}

function parameterOf(option: string): readonly [string, string?] {
  const equals = option.indexOf('=');
  return equals < 0 ? [option] : [option.slice(0, equals), option.slice(equals + 1)];
}

/** Older kernels take all layers in the one page of mount(2) only, where descriptors' paths are short enough. */
function openByPath({ lowerdirs, upperdir, workdir, options = [] }: OverlayOptions): number {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-overlay-'));
  const layers: number[] = [];
  try {
    for (const lowerdir of lowerdirs) layers.push(openSync(lowerdir, constants.O_DIRECTORY));
    const data = [
      `lowerdir=${layers.map(fd => `/proc/self/fd/${fd}`).join(':')}`,
      ...(upperdir === undefined ? [] : [`upperdir=${escape(upperdir)}`, `workdir=${escape(workdir)}`]),
      ...options,
    ].join(',');
    const attributes = attributesOf(upperdir);
    const [target, type] = [cstring(directory), cstring('overlay')];
    syscall('mount', `overlay, ${directory}`, type, target, type, attributes, cstring(data));
    try {
      return syscall('open_tree', directory, AT_FDCWD, target, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    } finally {
      syscall('umount2', directory, target, MNT_DETACH);
    }
  } finally {
    for (const fd of layers) closeSync(fd);
    rmdirSync(directory);
  }
}

/** The flags of mount(2) have the same values. */
const attributesOf = (upperdir: string | undefined) =>
  (upperdir === undefined ? MOUNT_ATTR_RDONLY : 0) | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;

/** Colons and commas would end the value. */
const escape = (path = '') => path.replace(/[\\:,]/g, '\\$&');

import { closeSync, constants, mkdtempSync, openSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SyscallError } from '../base/errors.ts';
import { cstring, syscall } from './libc.ffi.ts';

const FSOPEN_CLOEXEC = 1;
const FSMOUNT_CLOEXEC = 1;
const FSCONFIG_SET_FLAG = 0;
const FSCONFIG_SET_STRING = 1;
const FSCONFIG_CMD_CREATE = 6;
const MOUNT_ATTR_RDONLY = 0x1;
const MOUNT_ATTR_NOSUID = 0x2;
const MOUNT_ATTR_NODEV = 0x4;
const AT_FDCWD = -100;
const OPEN_TREE_CLONE = 1;
const OPEN_TREE_CLOEXEC = 0o2000000;
const MNT_DETACH = 2;

export type OverlayOptions = {
  /** Topmost first; at least two where there is no upper directory. Each up to 255 bytes. */
  lowerdirs: string[];
  upperdir?: string;
  workdir?: string;
};

/**
 * An overlay mount that hangs nowhere: it is reached by its descriptor only, and goes away when that is closed
 * (fsopen(2), fsmount(2)). Read-only where there is no upper directory. Before Linux 6.8 it hangs on a directory
 * of its own for a moment.
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

function openByContext({ lowerdirs, upperdir, workdir }: OverlayOptions): number {
  const context = syscall('fsopen', 'overlay', cstring('overlay'), FSOPEN_CLOEXEC);
  try {
    const set = (key: string, value: string) =>
      syscall('fsconfig', `${key}=${value}`, context, FSCONFIG_SET_STRING, cstring(key), cstring(value), 0);
    // One call a layer: a value may have 255 bytes only, so all of them in one would not fit.
    for (const lowerdir of lowerdirs) set('lowerdir+', lowerdir);
    if (upperdir !== undefined) set('upperdir', upperdir);
    if (workdir !== undefined) set('workdir', workdir);
    else syscall('fsconfig', 'ro', context, FSCONFIG_SET_FLAG, cstring('ro'), null, 0);
    syscall('fsconfig', 'create', context, FSCONFIG_CMD_CREATE, null, null, 0);
    return syscall('fsmount', 'overlay', context, FSMOUNT_CLOEXEC, attributesOf(upperdir));
  } finally {
    closeSync(context);
  }
}

/** Older kernels take all layers in the one page of mount(2) only, where descriptors' paths are short enough. */
function openByPath({ lowerdirs, upperdir, workdir }: OverlayOptions): number {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-overlay-'));
  const layers: number[] = [];
  try {
    for (const lowerdir of lowerdirs) layers.push(openSync(lowerdir, constants.O_DIRECTORY));
    const writable = upperdir === undefined ? '' : `,upperdir=${escape(upperdir)},workdir=${escape(workdir)}`;
    const data = `lowerdir=${layers.map(fd => `/proc/self/fd/${fd}`).join(':')}${writable}`;
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

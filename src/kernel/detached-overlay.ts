import { closeSync } from 'node:fs';
import { cstring, syscall } from './libc.ffi.ts';

const FSOPEN_CLOEXEC = 1;
const FSMOUNT_CLOEXEC = 1;
const FSCONFIG_SET_FLAG = 0;
const FSCONFIG_SET_STRING = 1;
const FSCONFIG_CMD_CREATE = 6;
const MOUNT_ATTR_RDONLY = 0x1;
const MOUNT_ATTR_NOSUID = 0x2;
const MOUNT_ATTR_NODEV = 0x4;

export type OverlayOptions = {
  /** Topmost first; at least two where there is no upper directory. Each up to 255 bytes. */
  lowerdirs: string[];
  upperdir?: string;
  workdir?: string;
};

/**
 * An overlay mount that hangs nowhere: it is reached by its descriptor only, and goes away when that is closed
 * (fsopen(2), fsmount(2)). Read-only where there is no upper directory.
 * @throws SyscallError
 */
export function openDetachedOverlay({ lowerdirs, upperdir, workdir }: OverlayOptions): number {
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
    const readOnly = upperdir === undefined ? MOUNT_ATTR_RDONLY : 0;
    const attributes = readOnly | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
    return syscall('fsmount', 'overlay', context, FSMOUNT_CLOEXEC, attributes);
  } finally {
    closeSync(context);
  }
}

import { closeSync } from 'node:fs';
import {
  FSCONFIG_CMD_CREATE,
  FSCONFIG_SET_FLAG,
  FSCONFIG_SET_STRING,
  FSMOUNT_CLOEXEC,
  FSOPEN_CLOEXEC,
} from './abi/mount.ts';
import { cstring, syscall } from './libc.ffi.ts';

export type DetachedMount = {
  /** Type of the file system: 'overlay'. */
  type: string;
  /** In order. A flag has no value; a value may have up to 255 bytes. */
  parameters: readonly (readonly [key: string, value?: string])[];
  /** MOUNT_ATTR_* */
  attributes: number;
};

/**
 * A new mount that hangs nowhere: it is reached by its descriptor only, and goes away when that is closed
 * (fsopen(2), fsconfig(2), fsmount(2)).
 * @throws SyscallError
 */
export function openDetachedMount({ type, parameters, attributes }: DetachedMount): number {
  const context = syscall('fsopen', type, cstring(type), FSOPEN_CLOEXEC);
  try {
    for (const [key, value] of parameters) {
      const [command, argument] =
        value === undefined ? [FSCONFIG_SET_FLAG, null] : [FSCONFIG_SET_STRING, cstring(value)];
      syscall(
        'fsconfig',
        value === undefined ? key : `${key}=${value}`,
        context,
        command,
        cstring(key),
        argument,
        0,
      );
    }
    syscall('fsconfig', 'create', context, FSCONFIG_CMD_CREATE, null, null, 0);
    return syscall('fsmount', type, context, FSMOUNT_CLOEXEC, attributes);
  } finally {
    closeSync(context);
  }
}

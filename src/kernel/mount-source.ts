import { closeSync, openSync } from 'node:fs';
import { SyscallError } from '../base/errors.ts';
import { errnoName } from './libc.ffi.ts';
import { O_PATH, openBeneath } from './open-beneath.ts';

/**
 * A file or directory of the host that is mounted into a container. What lies below `path` containers may have made, and
 * may change: each of `below` (relative) is looked up below the one before, and leads nowhere else.
 */
export type MountSource = { path: string; below: readonly string[] };

/**
 * Opens it (O_PATH): the descriptor stands for what is there now, whatever has its name later. The caller closes it.
 * @throws a file error; SyscallError EXDEV for a way out of what lies before, ELOOP for a link of procfs
 */
export function openMountSource({ path, below }: MountSource): number {
  let fd = openSync(path, O_PATH);
  for (const way of below) {
    const next = openBeneath(fd, way, O_PATH);
    closeSync(fd);
    if (next < 0) throw new SyscallError('openat2', -next, errnoName(-next), `${path}, ${way}`);
    fd = next;
  }
  return fd;
}

import { closeSync, constants, openSync } from 'node:fs';
import { cstring, syscall } from './libc.ffi.ts';
import { O_PATH } from './open-beneath.ts';

const CLONE_FS = 0x200;

/**
 * Gives the calling thread a root directory, working directory and umask (0) of its own, apart from all other
 * threads (unshare(2) with CLONE_FS). For worker threads: from then on {@link withRoot} confines their
 * *synchronous* file system calls; asynchronous ones run on the pool's threads, which are not confined.
 *
 * libuv's pool must have been used before any thread enters a root: its threads inherit the root of the thread
 * that first needs them.
 *
 * @returns a descriptor of the root as it is now, the home that {@link withRoot} returns to
 * @throws SyscallError
 */
export function separateThreadRoot(): number {
  syscall('unshare', 'CLONE_FS', CLONE_FS);
  syscall('umask', '0', 0);
  return openRoot('/');
}

/** A descriptor of a directory that {@link withRoot} takes. The caller closes it. */
export function openRoot(path: string): number {
  return openSync(path, constants.O_DIRECTORY | O_PATH);
}

/**
 * Makes the directory `fd` the root and the working directory of the calling thread, which must have been
 * separated. A detached mount is fine too.
 * @throws SyscallError
 */
export function enterRoot(fd: number): void {
  syscall('fchdir', `fd ${fd}`, fd);
  syscall('chroot', '.', cstring('.'));
}

/** Runs `task` with the directory `path` as root, and returns to the root `home` whatever happens. */
export async function withRoot<T>(
  home: number,
  root: number | string,
  task: () => Promise<T> | T,
): Promise<T> {
  const fd = typeof root === 'number' ? root : openRoot(root);
  try {
    enterRoot(fd);
    return await task();
  } finally {
    enterRoot(home);
    if (typeof root === 'string') closeSync(fd);
  }
}

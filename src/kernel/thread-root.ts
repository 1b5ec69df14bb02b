import { closeSync, constants, openSync } from 'node:fs';
import { cstring, syscall } from './libc.ffi.ts';
import { O_PATH } from './open-beneath.ts';

const CLONE_FS = 0x200;
const PATH_MAX = 4096;

/**
 * Gives the calling thread a root directory, working directory and umask (0) of its own, apart from all other
 * threads (unshare(2) with CLONE_FS). For worker threads: from then on {@link withRoot} confines their
 * *synchronous* file system calls; asynchronous ones run on the pool's threads, which are not confined.
 *
 * libuv's pool must have been used before any thread enters a root: its threads inherit the root of the thread
 * that first needs them.
 *
 * @throws SyscallError
 */
export function separateThreadRoot(): void {
  syscall('unshare', 'CLONE_FS', CLONE_FS);
  syscall('umask', '0', 0);
}

/** A descriptor of a directory that {@link withRoot} takes. The caller closes it. */
export function openRoot(path: string): number {
  return openSync(path, constants.O_DIRECTORY | O_PATH);
}

/**
 * Makes the directory `fd` the working directory of the calling thread, which must have been separated: where names
 * without a slash are looked up.
 * @throws SyscallError
 */
export function enterDirectory(fd: number): void {
  syscall('fchdir', `fd ${fd}`, fd);
}

/** The path of the calling thread's working directory, from its root (getcwd(2)). @throws SyscallError */
export function workingDirectory(): string {
  const path = Buffer.alloc(PATH_MAX);
  const length = syscall('getcwd', '', path, path.length);
  return path.toString('utf8', 0, length - 1);
}

/**
 * Makes the directory `fd` the root and the working directory of the calling thread, which must have been
 * separated. A detached mount is fine too.
 * @throws SyscallError
 */
export function enterRoot(fd: number): void {
  enterDirectory(fd);
  syscall('chroot', '.', cstring('.'));
}

/**
 * Runs `task` with a directory as root, of which it gets a descriptor, and returns to the root `home` whatever happens.
 */
export async function withRoot<T>(
  home: number,
  root: number | string,
  task: (root: number) => Promise<T> | T,
): Promise<T> {
  const fd = typeof root === 'number' ? root : openRoot(root);
  try {
    enterRoot(fd);
    return await task(fd);
  } finally {
    enterRoot(home);
    if (typeof root === 'string') closeSync(fd);
  }
}

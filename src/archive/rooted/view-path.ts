import { closeSync, constants } from 'node:fs';
import { posix } from 'node:path';
import { EngineError, SyscallError } from '../../base/errors.ts';
import { errnoName } from '../../kernel/libc.ffi.ts';
import { O_PATH, openInRoot } from '../../kernel/open-beneath.ts';
import { enterDirectory, openRoot } from '../../kernel/thread-root.ts';
import { saysDirectory } from '../go-path.ts';

const ELOOP = 40;

/**
 * Opens (O_PATH) what a path leads to in the root of the calling thread, links followed; but for those of procfs, which
 * lead out of any root.
 * @param named what the path is called in errors
 * @throws EngineError invalid-parameter for a link that is not followed; SyscallError as `lstat`
 */
export function openInView(path: string, flags = 0, named = path): number {
  const root = openRoot('/');
  try {
    const fd = openInRoot(root, path, O_PATH | flags);
    if (fd >= 0) return fd;
    if (fd === -ELOOP)
      throw new EngineError(
        'invalid-parameter',
        `lstat ${named}: too many levels of symbolic links, or one of a mounted /proc, which is not followed`,
      );
    const error = new SyscallError('lstat', -fd, errnoName(-fd), named);
    throw Object.assign(error, { syscall: 'lstat', path: named });
  } finally {
    closeSync(root);
  }
}

/**
 * Makes the directory that a path is in the working directory of the calling thread: what is done with the path from
 * then on is done with what has its name there. See {@link openInView}; the last component is not followed.
 * @returns the name: `.` where the path is the root, or says that it is a directory
 */
export function enterParentInView(path: string): string {
  const isDirectory = saysDirectory(path) || posix.normalize(path) === '/';
  const directory = openInView(isDirectory ? path : posix.dirname(path), constants.O_DIRECTORY, path);
  try {
    enterDirectory(directory);
  } finally {
    closeSync(directory);
  }
  return isDirectory ? '.' : posix.basename(path);
}

import { SyscallError } from '../base/errors.ts';
import { cstring, errnoName, syscallResult } from './libc.ffi.ts';
import type { PathBytes } from './xattr.ts';

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const ENOSYS = 38;

/**
 * Changes the mode of a file that is no link, and of none that a link leads to (fchmodat2(2)). Before Linux 6.6 the
 * kernel cannot do that, and it stays as it is.
 * @throws SyscallError
 */
export function changeMode(path: PathBytes, mode: number): void {
  const result = syscallResult('fchmodat2', AT_FDCWD, cstring(path), mode, AT_SYMLINK_NOFOLLOW);
  if (result < 0 && result !== -ENOSYS)
    throw new SyscallError('fchmodat2', -result, errnoName(-result), String(path));
}

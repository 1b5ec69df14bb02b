import { cstring, syscall } from './libc.ffi.ts';
import type { PathBytes } from './xattr.ts';

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const NS_PER_SECOND = 1_000_000_000n;

/**
 * Sets access and modification time, in nanoseconds since the epoch (negative before it), of an open file or
 * of a path, whose last component is not followed (utimensat(2)).
 * @throws SyscallError
 */
export function setTimes(file: number | PathBytes, accessNs: bigint, modificationNs: bigint): void {
  const times = Buffer.allocUnsafe(32);
  writeTimespec(times, 0, accessNs);
  writeTimespec(times, 16, modificationNs);
  if (typeof file === 'number') syscall('utimensat', `fd ${file}`, file, null, times, 0);
  else syscall('utimensat', String(file), AT_FDCWD, cstring(file), times, AT_SYMLINK_NOFOLLOW);
}

function writeTimespec(buffer: Buffer, offset: number, ns: bigint): void {
  let remainder = ns % NS_PER_SECOND;
  if (remainder < 0n) remainder += NS_PER_SECOND;
  buffer.writeBigInt64LE((ns - remainder) / NS_PER_SECOND, offset);
  buffer.writeBigInt64LE(remainder, offset + 8);
}

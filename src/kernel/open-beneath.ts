import { cstring, syscallResult } from './libc.ffi.ts';

const RESOLVE_NO_MAGICLINKS = 0x02n;
const RESOLVE_NO_SYMLINKS = 0x04n;
const RESOLVE_BENEATH = 0x08n;
const RESOLVE_IN_ROOT = 0x10n;
const O_CLOEXEC = 0o2000000;
/** open(2): a place in the tree, and not what is there. Node does not name it. */
export const O_PATH = 0o10000000;

/**
 * openat2(2): opens `path` (relative, without any symbolic link on the way) below the directory `directoryFd`.
 * @returns a descriptor, or the negated errno: -ELOOP for a link, -EXDEV for a way out
 */
export function openBeneath(directoryFd: number, path: string | Uint8Array, flags: number): number {
  return open(directoryFd, path, flags, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
}

/**
 * openat2(2): opens `path` as it would be found with the directory `rootFd` as the root, symbolic links included.
 * @returns a descriptor, or the negated errno
 */
export function openInRoot(rootFd: number, path: string | Uint8Array, flags: number): number {
  return open(rootFd, path, flags, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

function open(directoryFd: number, path: string | Uint8Array, flags: number, resolve: bigint): number {
  const how = Buffer.alloc(24);
  how.writeBigUInt64LE(BigInt(flags | O_CLOEXEC), 0);
  how.writeBigUInt64LE(resolve, 16);
  return syscallResult('openat2', directoryFd, cstring(path), how, how.length);
}

import { cstring, syscallResult } from './libc.ffi.ts';

const RESOLVE_NO_XDEV = 0x01n;
const RESOLVE_NO_MAGICLINKS = 0x02n;
const RESOLVE_NO_SYMLINKS = 0x04n;
const RESOLVE_BENEATH = 0x08n;
const RESOLVE_IN_ROOT = 0x10n;
const O_CLOEXEC = 0o2000000;
/** open(2): a place in the tree, and not what is there. Node does not name it. */
export const O_PATH = 0o10000000;
const EAGAIN = 11;
/** Something was renamed while `..` was looked up, anywhere on the machine; one would do for all but an attacker. */
const MAXIMUM_ATTEMPTS = 1000;

/**
 * openat2(2): opens `path` (relative) below the directory `directoryFd`; links on the way are followed unless they
 * lead out of it.
 * @returns a descriptor, or the negated errno: -EXDEV for a way out, -ELOOP for a link of procfs (proc_pid_root(5))
 */
export function openBeneath(directoryFd: number, path: string | Uint8Array, flags: number): number {
  return open(directoryFd, path, flags, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
}

/**
 * openat2(2): opens `path` as it would be found with the directory `rootFd` as the root, symbolic links included.
 * @returns a descriptor, or the negated errno: -ELOOP for a link of procfs
 */
export function openInRoot(rootFd: number, path: string | Uint8Array, flags: number): number {
  return open(rootFd, path, flags, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

/**
 * openat2(2): opens `path` (relative) from the directory `directoryFd` on. Links are followed as for any lookup, but for
 * those of procfs; with `refuseLinks`, none on the way and none in the end.
 * @returns a descriptor, or the negated errno: -ELOOP for a link that is not followed
 */
export function openFrom(
  directoryFd: number,
  path: string | Uint8Array,
  { flags, refuseLinks = false }: { flags: number; refuseLinks?: boolean },
): number {
  return open(directoryFd, path, flags, refuseLinks ? RESOLVE_NO_SYMLINKS : RESOLVE_NO_MAGICLINKS);
}

/**
 * openat2(2): opens the entry `name` of the directory `directoryFd` (or `.`, itself), which is no link and in the same
 * mount.
 * @returns a descriptor, or the negated errno: -ELOOP for a link, -EXDEV for what is mounted there
 */
export function openEntry(directoryFd: number, name: string | Uint8Array, flags: number): number {
  return open(
    directoryFd,
    name,
    flags,
    RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV,
  );
}

function open(directoryFd: number, path: string | Uint8Array, flags: number, resolve: bigint): number {
  const how = Buffer.alloc(24);
  how.writeBigUInt64LE(BigInt(flags | O_CLOEXEC), 0);
  how.writeBigUInt64LE(resolve, 16);
  for (let attempt = 1; ; attempt++) {
    const result = syscallResult('openat2', directoryFd, cstring(path), how, how.length);
    if (result !== -EAGAIN || attempt === MAXIMUM_ATTEMPTS) return result;
  }
}

import { chmodSync } from 'node:fs';
import { cstring, syscall } from './libc.ffi.ts';
import type { PathBytes } from './xattr.ts';

const AT_FDCWD = -100;

export const S_IFIFO = 0o010000;
export const S_IFCHR = 0o020000;
export const S_IFBLK = 0o060000;

/**
 * mknodat(2): a device or FIFO. `mode` holds the type (S_IFCHR …) and the permissions, less the umask.
 * @throws SyscallError
 */
export function makeNode(path: PathBytes, mode: number, major = 0, minor = 0): void {
  const detail = `${String(path)}, 0${mode.toString(8)}, ${major}:${minor}`;
  syscall('mknodat', detail, AT_FDCWD, cstring(path), mode, encodeDevice(major, minor));
}

/** mkfifo(3), whatever the umask. @throws SyscallError */
export function makeFifo(path: string, mode: number): void {
  makeNode(path, S_IFIFO | mode);
  chmodSync(path, mode);
}

/** The kernel's new_encode_dev (include/linux/kdev_t.h): 12 bits of major, 20 of minor. */
function encodeDevice(major: number, minor: number): number {
  return ((minor & 0xff) | ((major & 0xfff) << 8) | ((minor & 0xfff00) << 12)) >>> 0;
}

/** Major and minor of the `rdev` or `dev` that stat gives (glibc's encoding, sys/sysmacros.h). */
export function decodeDevice(device: bigint): { major: number; minor: number } {
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n);
  const minor = (device & 0xffn) | ((device >> 12n) & 0xffffff00n);
  return { major: Number(major), minor: Number(minor) };
}

import { cstring, syscallResult } from './libc.ffi.ts';

const PATH_MAX = 4096;

/**
 * readlinkat(2): what the link `name` in a directory holds, or, with an empty name, the link that the descriptor
 * (O_PATH) is of. Undefined where there is no link.
 */
export function readLinkAt(fd: number, name: string | Uint8Array): Buffer | undefined {
  const target = Buffer.alloc(PATH_MAX);
  const length = syscallResult('readlinkat', fd, cstring(name), target, target.length);
  return length < 0 ? undefined : target.subarray(0, length);
}

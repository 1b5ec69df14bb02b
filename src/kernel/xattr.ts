import { cstring, errnoName, syscall, syscallResult } from './libc.ffi.ts';

/** A host path: text, or bytes where it is not UTF-8. */
export type PathBytes = string | Buffer;

const ENODATA = 61;
const ENOTSUP = 95;
const ERANGE = 34;

/**
 * An extended attribute of the file itself, links not followed (lgetxattr(2)); undefined when it has none of
 * that name, or its file system knows none.
 * @throws SyscallError
 */
export function getXattr(path: PathBytes, name: string): Buffer | undefined {
  const [pathBytes, nameBytes] = [cstring(path), cstring(name)];
  let value = Buffer.allocUnsafe(256);
  for (;;) {
    const result = syscallResult('lgetxattr', pathBytes, nameBytes, value, value.length);
    if (result >= 0) return value.subarray(0, result);
    if (result === -ENODATA || result === -ENOTSUP) return undefined;
    if (result !== -ERANGE) syscall('lgetxattr', `${String(path)}, ${name}`, pathBytes, nameBytes, null, 0);
    value = Buffer.allocUnsafe(value.length * 16);
  }
}

/**
 * lsetxattr(2).
 * @throws SyscallError
 */
export function setXattr(path: PathBytes, name: string, value: Uint8Array): void {
  syscall('lsetxattr', `${String(path)}, ${name}`, cstring(path), cstring(name), value, value.length, 0);
}

/** The names of all extended attributes that the caller may see (llistxattr(2)), sorted. */
export function listXattrs(path: PathBytes): string[] {
  const pathBytes = cstring(path);
  for (let length = 1024; ; length *= 8) {
    const names = Buffer.allocUnsafe(length);
    const result = syscallResult('llistxattr', pathBytes, names, length);
    if (result === -ERANGE) continue;
    if (result === -ENOTSUP) return [];
    if (result < 0) syscall('llistxattr', `${String(path)}: ${errnoName(-result)}`, pathBytes, null, 0);
    return names.toString('latin1', 0, result).split('\0').slice(0, -1).sort();
  }
}

import { cstring, errnoName, syscall, syscallResult } from './libc.ffi.ts';

/** A host path: text, or bytes where it is not UTF-8. */
export type PathBytes = string | Buffer;

const ENODATA = 61;
const ENOTSUP = 95;
const ERANGE = 34;

/**
 * An extended attribute of an open file, or of a path, links not followed (fgetxattr(2), lgetxattr(2)); undefined
 * when it has none of that name, or its file system knows none.
 * @throws SyscallError
 */
export function getXattr(file: number | PathBytes, name: string): Buffer | undefined {
  const call = typeof file === 'number' ? 'fgetxattr' : 'lgetxattr';
  const [target, nameBytes] = [targetOf(file), cstring(name)];
  let value = Buffer.allocUnsafe(256);
  for (;;) {
    const result = syscallResult(call, target, nameBytes, value, value.length);
    if (result >= 0) return value.subarray(0, result);
    if (result === -ENODATA || result === -ENOTSUP) return undefined;
    if (result !== -ERANGE) syscall(call, `${String(file)}, ${name}`, target, nameBytes, null, 0);
    value = Buffer.allocUnsafe(value.length * 16);
  }
}

/**
 * fsetxattr(2), lsetxattr(2).
 * @throws SyscallError
 */
export function setXattr(file: number | PathBytes, name: string, value: Uint8Array): void {
  const call = typeof file === 'number' ? 'fsetxattr' : 'lsetxattr';
  syscall(call, `${String(file)}, ${name}`, targetOf(file), cstring(name), value, value.length, 0);
}

/** The names of all extended attributes that the caller may see (flistxattr(2), llistxattr(2)), sorted. */
export function listXattrs(file: number | PathBytes): string[] {
  const call = typeof file === 'number' ? 'flistxattr' : 'llistxattr';
  const target = targetOf(file);
  for (let length = 1024; ; length *= 8) {
    const names = Buffer.allocUnsafe(length);
    const result = syscallResult(call, target, names, length);
    if (result === -ERANGE) continue;
    if (result === -ENOTSUP) return [];
    if (result < 0) syscall(call, `${String(file)}: ${errnoName(-result)}`, target, null, 0);
    return names.toString('latin1', 0, result).split('\0').slice(0, -1).sort();
  }
}

const targetOf = (file: number | PathBytes) => (typeof file === 'number' ? file : cstring(file));

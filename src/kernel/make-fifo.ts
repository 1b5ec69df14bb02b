import { chmodSync } from 'node:fs';
import { cstring, syscall } from './libc.ffi.ts';

const AT_FDCWD = -100;
const S_IFIFO = 0o010000;

/** mkfifo(3), whatever the umask. @throws SyscallError */
export function makeFifo(path: string, mode: number): void {
  syscall('mknodat', path, AT_FDCWD, cstring(path), S_IFIFO | mode, 0);
  chmodSync(path, mode);
}

import { closeSync, readFileSync, writeSync } from 'node:fs';
import { cstring, syscall, syscallResult } from '../../kernel/libc.ffi.ts';

const MFD_CLOEXEC_ALLOW_SEALING = 0x1 | 0x2;
const MFD_EXEC = 0x10;
const F_ADD_SEALS = 1033;
const ALL_SEALS = 0x1 | 0x2 | 0x4 | 0x8;

const sealed = new Map<string, number>();

/**
 * A path to execute a copy of the shim by, which nothing can change any more: whatever a container does with
 * the /proc/PID/exe of a process that is about to become one of its own (CVE-2019-5736), it only gets at the
 * copy. Made once for each process of the engine; the memory is shared by all shims.
 * @throws SyscallError, and Node's error when there is no such file
 */
export function sealShim(path: string): string {
  let descriptor = sealed.get(path);
  if (descriptor === undefined) {
    descriptor = sealedCopy(path);
    sealed.set(path, descriptor);
  }
  // By this process's number: in the child, `self` would be a process without the descriptor.
  return `/proc/${process.pid}/fd/${descriptor}`;
}

function sealedCopy(path: string): number {
  const content = readFileSync(path);
  const name = cstring('slipway-shim');
  // Before Linux 6.3 there was no MFD_EXEC, and none needed.
  let descriptor = syscallResult('memfd_create', name, MFD_CLOEXEC_ALLOW_SEALING | MFD_EXEC);
  if (descriptor < 0) descriptor = syscall('memfd_create', path, name, MFD_CLOEXEC_ALLOW_SEALING);
  try {
    for (let at = 0; at < content.length; ) at += writeSync(descriptor, content, at);
    syscall('fcntl', 'F_ADD_SEALS', descriptor, F_ADD_SEALS, ALL_SEALS);
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

import { closeSync } from 'node:fs';
import { sendDescriptors } from '../kernel/pass-descriptor.ts';
import { syscall } from '../kernel/libc.ffi.ts';
import { connectUnix } from './streams.ts';

/** `--pidfd-socket`: sends the process as a descriptor to the program that listens there. @throws SyscallError */
export function sendPidfd(path: string | undefined, pid: number): void {
  if (!path) return;
  const socket = connectUnix(path);
  const pidfd = syscall('pidfd_open', String(pid), pid, 0);
  try {
    sendDescriptors(socket, [pidfd], 'pidfd');
  } finally {
    closeSync(pidfd);
    closeSync(socket);
  }
}

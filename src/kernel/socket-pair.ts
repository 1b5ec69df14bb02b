import { syscall } from './libc.ffi.ts';

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;

/** Two connected stream sockets, blocking. The caller closes both. @throws SyscallError */
export function socketPair(): [number, number] {
  const pair = Buffer.alloc(8);
  syscall('socketpair', 'AF_UNIX', AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
  return [pair.readInt32LE(0), pair.readInt32LE(4)];
}

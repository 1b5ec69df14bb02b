import { syscall } from './libc.ffi.ts';

const AF_UNIX = 1;
const TYPES = { stream: 1, seqpacket: 5 };
const SOCK_CLOEXEC = 0o2000000;

/** Two connected sockets, blocking. The caller closes both. @throws SyscallError */
export function socketPair(type: keyof typeof TYPES = 'stream'): [number, number] {
  const pair = Buffer.alloc(8);
  syscall('socketpair', 'AF_UNIX', AF_UNIX, TYPES[type] | SOCK_CLOEXEC, 0, pair);
  return [pair.readInt32LE(0), pair.readInt32LE(4)];
}

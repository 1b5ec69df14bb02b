import { syscall } from './libc.ffi.ts';

/** The same as TIOCOUTQ (asm-generic/ioctls.h). */
const SIOCOUTQ = 0x5411;

/**
 * What has been written to a connected Unix socket and not been read on its other side: 0 when all has. The unit is the
 * kernel's memory (unix_outq_len of net/unix/af_unix.c), not the bytes that were written. Of TCP, what the other side's
 * kernel has not got (tcp(7)).
 * @throws SyscallError
 */
export function unreadByPeer(socket: number): number {
  const amount = Buffer.alloc(4);
  syscall('ioctl', 'SIOCOUTQ', socket, SIOCOUTQ, amount);
  return amount.readInt32LE();
}

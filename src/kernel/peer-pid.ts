import { SO_PEERCRED, SOL_SOCKET } from './abi/socket.ts';
import { syscall } from './libc.ffi.ts';

/** struct ucred */
const CREDENTIALS_BYTES = 12;

/**
 * Which process listens where a connected unix socket is connected to (unix(7), SO_PEERCRED).
 * @throws SyscallError
 */
export function peerPid(socket: number): number {
  const credentials = Buffer.alloc(CREDENTIALS_BYTES);
  const length = Buffer.of(CREDENTIALS_BYTES, 0, 0, 0);
  syscall('getsockopt', 'SO_PEERCRED', socket, SOL_SOCKET, SO_PEERCRED, credentials, length);
  return credentials.readInt32LE(0);
}

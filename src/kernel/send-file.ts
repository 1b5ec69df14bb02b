import { hasErrorCode } from '../base/errors.ts';
import { withDescriptor } from '../base/with-descriptor.ts';
import { syscall, syscallAsync } from './libc.ffi.ts';

const F_DUPFD_CLOEXEC = 1030;

/**
 * As much of a part of a file as a socket takes at once that does not block (sendfile(2)), on a thread of libuv's pool.
 * The socket's descriptor may be closed meanwhile.
 * @returns how many bytes; 0 when the socket takes none now, and at the end of the file
 * @throws SyscallError EPIPE and ECONNRESET when the peer has gone, EINVAL where the file system cannot do it
 */
export function sendFile(
  socket: number,
  file: number,
  { start, length }: { start: number; length: number },
): Promise<number> {
  const offset = Buffer.alloc(8);
  offset.writeBigInt64LE(BigInt(start));
  // Else its number might be another file's by the time that the thread has its turn.
  const held = syscall('fcntl', 'F_DUPFD_CLOEXEC', socket, F_DUPFD_CLOEXEC, 0);
  return withDescriptor(held, fd =>
    syscallAsync('sendfile', `${length} bytes`, fd, file, offset, length).catch((error: unknown) => {
      if (hasErrorCode(error, 'EAGAIN')) return 0;
      throw error;
    }),
  );
}

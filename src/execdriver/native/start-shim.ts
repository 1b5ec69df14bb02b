import { closeSync, openSync } from 'node:fs';
import { spawn, syscall } from '../../kernel/libc.ffi.ts';
import { sealShim } from './seal-shim.ts';

const AF_UNIX = 1;
const SOCK_STREAM_CLOEXEC = 0o2000001;

export type StartShimOptions = {
  path: string;
  /** Shown by ps(1). */
  containerId: string;
  /** Descriptors for the shim to keep, in order from its number 4. */
  descriptors: readonly number[];
};

/**
 * Starts a shim, which waits for a message on the socket, a descriptor that the caller closes. The caller reaps
 * the shim.
 * @throws SyscallError
 */
export function startShim({ path, containerId, descriptors }: StartShimOptions): {
  pid: number;
  socket: number;
} {
  const [ours, theirs] = socketPair();
  let nothing: number | undefined;
  try {
    nothing = openSync('/dev/null', 'r+');
    const pid = spawn({
      path: sealShim(path),
      argv: ['slipway-shim', containerId],
      env: [],
      fds: [nothing, nothing, nothing, theirs, ...descriptors],
    });
    return { pid, socket: ours };
  } catch (error) {
    closeSync(ours);
    throw error;
  } finally {
    closeSync(theirs);
    if (nothing !== undefined) closeSync(nothing);
  }
}

/** Two connected stream sockets; the caller closes them. @throws SyscallError */
export function socketPair(): [number, number] {
  const pair = Buffer.alloc(8);
  syscall('socketpair', 'AF_UNIX', AF_UNIX, SOCK_STREAM_CLOEXEC, 0, pair);
  return [pair.readInt32LE(0), pair.readInt32LE(4)];
}

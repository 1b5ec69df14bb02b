import { closeSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { spawn, syscall, syscallResult } from '../../kernel/libc.ffi.ts';
import { ShimConnection } from './shim-connection.ts';

const AF_UNIX = 1;
const SOCK_STREAM_CLOEXEC = 0o2000001;
const WNOHANG = 1;

export type SpawnShimOptions = {
  path: string;
  /** Shown by ps(1). */
  containerId: string;
  /** Descriptors for the shim to keep, in order from its number 4. */
  descriptors: readonly number[];
};

/**
 * Starts a shim, which waits for a plan on the connection. It is a child of this process only as long as this
 * process lives; its end is awaited here.
 * @throws SyscallError
 */
export function spawnShim({ path, containerId, descriptors }: SpawnShimOptions): ShimConnection {
  const pair = Buffer.alloc(8);
  syscall('socketpair', 'AF_UNIX', AF_UNIX, SOCK_STREAM_CLOEXEC, 0, pair);
  const ours = pair.readInt32LE(0);
  const theirs = pair.readInt32LE(4);
  let nothing: number | undefined;
  let pid: number;
  try {
    nothing = openSync('/dev/null', 'r+');
    pid = spawn({
      path,
      argv: ['slipway-shim', containerId],
      env: [],
      fds: [nothing, nothing, nothing, theirs, ...descriptors],
    });
  } catch (error) {
    closeSync(ours);
    throw error;
  } finally {
    closeSync(theirs);
    if (nothing !== undefined) closeSync(nothing);
  }
  const connection = new ShimConnection(new Socket({ fd: ours, readable: true, writable: true }));
  void connection.closed.then(() => reap(pid));
  return connection;
}

/** libuv does not know the child. Its descriptors close shortly before it can be waited for. */
async function reap(pid: number): Promise<void> {
  for (let waitMs = 1; syscallResult('wait4', pid, null, WNOHANG, null) === 0; waitMs *= 2)
    await delay(Math.min(waitMs, 1000), undefined, { ref: false });
}

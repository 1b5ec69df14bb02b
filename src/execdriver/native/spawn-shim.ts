import { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { syscallResult } from '../../kernel/libc.ffi.ts';
import { ShimConnection } from './shim-connection.ts';
import { type StartShimOptions, startShimAsync } from './start-shim.ts';

const WNOHANG = 1;

export type SpawnedShim = {
  connection: ShimConnection;
  /** The connection's own descriptor. */
  socket: number;
};

/**
 * Starts a shim, which waits for a plan on the connection. It is a child of this process only as long as this
 * process lives; its end is awaited here.
 * @throws SyscallError
 */
export async function spawnShim(options: StartShimOptions): Promise<SpawnedShim> {
  const { pid, socket } = await startShimAsync(options);
  let isReaped = false;
  // Until it is reaped, its pid is not used again.
  const kill = (): void => {
    if (!isReaped) process.kill(pid, 'SIGKILL');
  };
  const connection = new ShimConnection(new Socket({ fd: socket, readable: true, writable: true }), kill);
  void connection.closed.then(() => reap(pid, () => (isReaped = true)));
  return { connection, socket };
}

/** libuv does not know the child. Its descriptors close shortly before it can be waited for. */
async function reap(pid: number, reaped: () => void): Promise<void> {
  for (let waitMs = 1; syscallResult('wait4', pid, null, WNOHANG, null) === 0; waitMs *= 2)
    await delay(Math.min(waitMs, 1000), undefined, { ref: false });
  reaped();
}

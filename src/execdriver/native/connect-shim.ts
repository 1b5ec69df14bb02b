import { closeSync, constants, openSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { EngineError, errorCode, messageOf } from '../../base/errors.ts';
import { peerPid } from '../../kernel/peer-pid.ts';
import { ShimConnection } from './shim-connection.ts';

/** What there is no process behind. */
const GONE: ReadonlySet<string> = new Set(['ENOENT', 'ECONNREFUSED']);

/**
 * Connects to the shim that listens in `stateDir`. With `allowHalfOpen` (for attaching) this side stays open
 * when the shim's has ended.
 * @throws EngineError not-found when none does, unavailable when that cannot be told
 */
export async function connectShim(stateDir: string, allowHalfOpen = false): Promise<ShimConnection> {
  const socket = await connect(stateDir, allowHalfOpen);
  const pid = peerPid(descriptorOf(socket));
  return new ShimConnection(socket, () => {
    // As long as it is connected, its pid is not used again.
    if (!socket.destroyed) process.kill(pid, 'SIGKILL');
  });
}

/** The descriptor of a connected socket. */
export function descriptorOf(socket: Socket): number {
  return (socket as Socket & { _handle: { fd: number } })._handle.fd;
}

async function connect(stateDir: string, allowHalfOpen: boolean): Promise<Socket> {
  let directory: number | undefined;
  try {
    directory = openSync(stateDir, constants.O_RDONLY | constants.O_DIRECTORY);
    // A socket's path has at most 107 bytes; through the descriptor it always fits.
    return await opened(createConnection({ path: `/proc/self/fd/${directory}/shim.sock`, allowHalfOpen }));
  } catch (error) {
    const isThere = !GONE.has(errorCode(error) ?? '');
    throw new EngineError(
      isThere ? 'unavailable' : 'not-found',
      `${isThere ? 'cannot reach the' : 'no'} shim in ${stateDir}: ${messageOf(error)}`,
      { cause: error },
    );
  } finally {
    if (directory !== undefined) closeSync(directory);
  }
}

async function opened(socket: Socket): Promise<Socket> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.removeListener('error', reject);
      resolve(socket);
    });
  });
}

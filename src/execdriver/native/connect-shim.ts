import { closeSync, constants, openSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { EngineError, messageOf } from '../../base/errors.ts';
import { ShimConnection } from './shim-connection.ts';

/**
 * Connects to the shim that listens in `stateDir`. With `allowHalfOpen` (for attaching) this side stays open
 * when the shim's has ended.
 * @throws EngineError not-found when none does
 */
export async function connectShim(stateDir: string, allowHalfOpen = false): Promise<ShimConnection> {
  return new ShimConnection(await connect(stateDir, allowHalfOpen));
}

async function connect(stateDir: string, allowHalfOpen: boolean): Promise<Socket> {
  let directory: number | undefined;
  try {
    directory = openSync(stateDir, constants.O_RDONLY | constants.O_DIRECTORY);
    // A socket's path has at most 107 bytes; through the descriptor it always fits.
    return await opened(createConnection({ path: `/proc/self/fd/${directory}/shim.sock`, allowHalfOpen }));
  } catch (error) {
    throw new EngineError('not-found', `no shim in ${stateDir}: ${messageOf(error)}`, { cause: error });
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

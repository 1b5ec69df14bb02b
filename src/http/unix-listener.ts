import { once } from 'node:events';
import { chmodSync, chownSync, lstatSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { type Server, connect } from 'node:net';
import { EngineError, errorCode } from '../base/errors.ts';

/** Whose members may use the socket, where one of these groups exists. */
const GROUPS = ['docker', 'slipway'];
const MODE = 0o660;
/** Connections that may wait to be accepted, as the kernel bounds them: to connect to more fails at once (unix(7)). */
export const BACKLOG = 4096;

/**
 * Makes the server listen at a path. A socket without a listener is replaced; clients see it only once its
 * mode and group are right. The returned function takes it away again, unless another has taken its place.
 * @throws EngineError conflict when a server answers there, or the path is no socket
 */
export async function listenUnix(server: Server, path: string): Promise<() => void> {
  await refuseLiveSocket(path);
  // libuv binds with the process's umask; no client knows the socket's temporary name.
  const temporary = `${path}~`;
  rmSync(temporary, { force: true });
  server.listen({ path: temporary, backlog: BACKLOG });
  await once(server, 'listening');
  chmodSync(temporary, MODE);
  const group = findGroup();
  if (group !== undefined && process.getuid?.() === 0) chownSync(temporary, 0, group);
  const { ino } = lstatSync(temporary);
  renameSync(temporary, path);
  return () => {
    if (lstatSync(path, { throwIfNoEntry: false })?.ino === ino) rmSync(path, { force: true });
  };
}

async function refuseLiveSocket(path: string): Promise<void> {
  const existing = lstatSync(path, { throwIfNoEntry: false });
  if (existing === undefined) return;
  if (!existing.isSocket()) throw new EngineError('conflict', `cannot listen on ${path}: it is not a socket`);
  if (await answers(path))
    throw new EngineError('conflict', `cannot listen on ${path}: another daemon is listening there`);
}

async function answers(path: string): Promise<boolean> {
  const client = connect(path);
  try {
    await once(client, 'connect');
    return true;
  } catch (error) {
    if (errorCode(error) === 'ECONNREFUSED' || errorCode(error) === 'ENOENT') return false;
    // EAGAIN: there is a listener, with a full backlog.
    return true;
  } finally {
    client.destroy();
  }
}

/** The id of the first group that exists, group(5). */
function findGroup(): number | undefined {
  const lines = readFileSync('/etc/group', 'utf8').split('\n');
  const found = GROUPS.map(name => lines.find(line => line.startsWith(`${name}:`))).find(Boolean);
  return found === undefined ? undefined : Number(found.split(':')[2]);
}

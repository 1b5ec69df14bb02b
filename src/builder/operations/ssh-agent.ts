import { constants, mkdtempSync, openSync } from 'node:fs';
import { chmod, chown } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { basename, join } from 'node:path';
import { EngineError } from '../../base/errors.ts';
import { withDescriptor } from '../../base/with-descriptor.ts';
import type { RunMount } from '../../dockerfile/instruction.ts';
import { O_PATH } from '../../kernel/open-beneath.ts';
import { cloneMount } from '../../kernel/own-mounts.ts';
import type { BuilderParts } from '../builder-parts.ts';
import type { AgentSource } from '../build-request.ts';

const SOCKET_MODE = 0o600;
/** Beyond what the tools of one step open. */
const MAX_CONNECTIONS = 64;

type AgentAccess = { parts: BuilderParts; agents: AgentSource; signal: AbortSignal };

/**
 * Calls `use` with a mount of a socket (a descriptor) behind which a client's agent is; undefined where the client has
 * none, and none is required. The socket goes afterwards, its connections too.
 * @throws EngineError invalid-parameter for a required one that is not there
 */
export async function withAgent<T>(
  access: AgentAccess,
  mount: RunMount,
  use: (fd: number | undefined) => Promise<T>,
): Promise<T> {
  const id = mount.id || 'default';
  if (await access.agents.has(id, access.signal))
    return withAgentSocket(access, id, async path => {
      await chown(path, mount.uid ?? 0, mount.gid ?? 0);
      await chmod(path, mount.mode ?? SOCKET_MODE);
      return withDescriptor(openSync(path, O_PATH), socket =>
        withDescriptor(cloneMount(socket, { recursive: false }), use),
      );
    });
  if (!mount.required) return use(undefined);
  throw new EngineError('invalid-parameter', `no SSH key ${JSON.stringify(id)} forwarded from the client`);
}

/**
 * Calls `use` with the path of a socket behind which a client's agent is, for this user only. The path is short, and holds
 * for other processes too.
 */
export async function withAgentSocket<T>(
  { parts, agents, signal }: AgentAccess,
  id: string,
  use: (path: string) => Promise<T>,
): Promise<T> {
  const root = join(parts.root, 'tmp');
  const directory = mkdtempSync(join(root, 'ssh-'));
  const connections = new Set<Socket>();
  const server = createServer(socket => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket)).on('error', () => undefined);
    void agents.connect(id, socket, signal).catch(() => socket.destroy());
  });
  server.maxConnections = MAX_CONNECTIONS;
  try {
    return await withDescriptor(openSync(directory, constants.O_DIRECTORY), async parent => {
      // A socket's name has 107 bytes (unix(7)), whatever the directory's is.
      const path = `/proc/${process.pid}/fd/${parent}/agent`;
      await listen(server, path);
      await chmod(path, SOCKET_MODE);
      return use(path);
    });
  } finally {
    server.close();
    for (const socket of connections) socket.destroy();
    await parts.threads.run({ kind: 'remove', root, name: basename(directory) });
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(path, () => resolve());
  });
}

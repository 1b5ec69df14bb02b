import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { messageOf } from '../../base/errors.ts';
import type { ResolverReply, ResolverRequest } from './protocol.ts';
import { Resolver } from './resolver.ts';

/** How often it is looked whether containers have ended, while no daemon tells. */
const LOOK_MS = 1000;
/** How long it goes on without a container, while a daemon is there. */
const IDLE_MS = 30_000;

/**
 * The resolver's process: listens for a daemon, and for the containers that it names. It goes on without the daemon, as
 * long as there are containers.
 * @param path of the socket, in a directory that only root gets into
 * @param listening called once it takes connections
 */
export async function serveResolver(path: string, listening: () => void): Promise<void> {
  const resolver = new Resolver();
  const clients = new Set<Socket>();
  const server = createServer(client => {
    clients.add(client);
    client.on('close', () => clients.delete(client));
    serve(client, resolver);
  });
  rmSync(path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  listening();
  await untilUseless(resolver, clients);
  end(server, clients, path);
}

function serve(client: Socket, resolver: Resolver): void {
  let last = Promise.resolve();
  const lines = createInterface({ input: client, crlfDelay: Number.POSITIVE_INFINITY });
  for (const source of [client, lines]) source.on('error', () => client.destroy());
  lines.on('line', line => {
    // Requests are done in order, also where one takes longer.
    last = last.then(async () => {
      const reply = await handle(resolver, line);
      if (client.writable) client.write(`${JSON.stringify(reply)}\n`);
    });
  });
}

async function handle(resolver: Resolver, line: string): Promise<ResolverReply> {
  try {
    await resolver.handle(JSON.parse(line) as ResolverRequest);
    return {};
  } catch (error) {
    return { error: messageOf(error) };
  }
}

async function untilUseless(resolver: Resolver, clients: ReadonlySet<Socket>): Promise<void> {
  let idleSince = performance.now();
  for (;;) {
    await new Promise(resolve => setTimeout(resolve, LOOK_MS));
    if (clients.size === 0) resolver.closeEnded();
    if (!resolver.isIdle) idleSince = performance.now();
    else if (performance.now() - idleSince > (clients.size === 0 ? 0 : IDLE_MS)) return;
  }
}

function end(server: Server, clients: ReadonlySet<Socket>, path: string): void {
  server.close();
  rmSync(path, { force: true });
  for (const client of clients) client.destroy();
}

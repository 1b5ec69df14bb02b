import { mkdtempSync, rmSync } from 'node:fs';
import { type IncomingHttpHeaders, type IncomingMessage, request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { TestContext } from 'node:test';
import { text } from 'node:stream/consumers';
import { type ApiServer, openApiServer } from '../api-server.ts';
import type { Backend } from '../../api/backend.ts';
import type { TlsFiles } from '../../http/tls-options.ts';

export type FakeServer = {
  server: ApiServer;
  socketPath: string;
  /** What the server logged as errors. */
  logged: string[];
  /** An exchange of its own connection. `body` other than a string goes out as JSON. */
  ask: (line: string, options?: { body?: unknown; headers?: Record<string, string> }) => Promise<Answer>;
  /** A raw connection. */
  connect: () => Socket;
};

type Answer = { status: number; headers: IncomingHttpHeaders; text: string; json: unknown };

/**
 * The server over a scripted backend; a method that is not scripted fails the request with 500. With `tcp` it
 * listens on a port of 127.0.0.1 too, with `tls` it is secured.
 */
export async function fakeServer(
  context: TestContext,
  script: Partial<Backend> = {},
  { tcp = false, ...options }: { tcp?: boolean; tls?: TlsFiles; names?: string[] } = {},
): Promise<FakeServer> {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-server-'));
  const socketPath = join(directory, 'api.sock');
  const logged: string[] = [];
  const server = await openApiServer({
    backend: scripted(script),
    listen: [`unix://${socketPath}`, ...(tcp ? ['tcp://127.0.0.1:0'] : [])],
    ...options,
    version: '0.0.1',
    logger: { error: (_fields, message) => logged.push(message) },
  });
  context.after(async () => {
    await server.close(0);
    rmSync(directory, { recursive: true, force: true });
  });
  return {
    server,
    socketPath,
    logged,
    ask: (line, options) => ask(socketPath, line, options),
    connect: dial,
  };

  function dial(): Socket {
    const socket = connect({ path: socketPath, allowHalfOpen: true });
    context.after(() => socket.destroy());
    return socket;
  }
}

function scripted(script: Partial<Backend>): Backend {
  return new Proxy(script, {
    get(target, name) {
      return (
        Reflect.get(target, name) ??
        (() => {
          throw new Error(`the test has no script for ${String(name)}`);
        })
      );
    },
  }) as Backend;
}

async function ask(
  socketPath: string,
  line: string,
  options: { body?: unknown; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const [method, path] = line.split(' ');
  const { body } = options;
  const json = body !== undefined && typeof body !== 'string';
  const request = httpRequest({
    socketPath,
    method,
    path,
    agent: false,
    headers: { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...options.headers },
  });
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request.on('response', resolve).on('error', reject);
    request.end(json ? JSON.stringify(body) : body);
  });
  const received = await text(response);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text: received,
    get json() {
      return JSON.parse(received);
    },
  };
}

/** Reads from a socket until what has come matches. */
export async function readUntil(socket: Socket, pattern: RegExp): Promise<string> {
  let received = '';
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const onData = (chunk: Buffer) => {
    received += chunk.toString('latin1');
    if (pattern.test(received)) resolve(received);
  };
  const onEnd = () => reject(new Error(`the connection ended after ${JSON.stringify(received)}`));
  socket.on('data', onData).once('end', onEnd).once('error', reject);
  socket.resume();
  try {
    return await promise;
  } finally {
    socket.off('data', onData).off('end', onEnd).off('error', reject);
    socket.pause();
  }
}

/** All that comes until the other side ends; leaves the stream open for writing, as `for await` would not. */
export function readToEnd(stream: Duplex): Promise<string> {
  const chunks: Buffer[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.once('end', () => resolve(Buffer.concat(chunks).toString('latin1'))).once('error', reject);
  stream.resume();
  return promise;
}

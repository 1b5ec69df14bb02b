import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { EngineError, errorCode, messageOf } from '../base/errors.ts';
import type { SystemBackend } from '../api/backend.ts';

/** Prometheus' text format. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
const ADDRESS = /^(?:\[([^\]]+)\]|([^:]*)):(\d+)$/;

export interface MetricsServer {
  /** `host:port`, the port resolved. */
  readonly address: string;
  close(): Promise<void>;
}

/**
 * Serves `GET /metrics` for Prometheus, and nothing else, to every client that can connect: as dockerd's `--metrics-addr`.
 * @throws EngineError invalid-parameter for an address that is not `HOST:PORT`, conflict for one in use
 */
export async function openMetricsServer(
  backend: Pick<SystemBackend, 'metrics'>,
  address: string,
): Promise<MetricsServer> {
  const { host, port } = parseAddress(address);
  const server = createServer((request, response) => void answer(backend, request, response));
  server.listen({ host, port });
  try {
    await once(server, 'listening');
  } catch (error) {
    const kind = errorCode(error) === 'EADDRINUSE' ? 'conflict' : 'system';
    throw new EngineError(kind, `failed to listen for metrics on ${address}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  const { address: bound, port: given, family } = server.address() as AddressInfo;
  return {
    address: `${family === 'IPv6' ? `[${bound}]` : bound}:${given}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function parseAddress(address: string): { host: string; port: number } {
  const [, ipv6, host = '', port = ''] = ADDRESS.exec(address) ?? [];
  const number = Number(port);
  if (port === '' || number > 65_535)
    throw new EngineError(
      'invalid-parameter',
      `invalid metrics address ${JSON.stringify(address)}: want HOST:PORT`,
    );
  return { host: ipv6 ?? host, port: number };
}

async function answer(
  backend: Pick<SystemBackend, 'metrics'>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [path] = (request.url ?? '').split('?', 1);
  if (path !== '/metrics') return refuse(response, 404, 'page not found');
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return refuse(response, 405, 'method not allowed');
  response.writeHead(200, { 'Content-Type': METRICS_TYPE });
  if (request.method === 'HEAD') return void response.end();
  // Who goes away meanwhile needs no answer.
  await pipeline(Readable.from(backend.metrics()), response).catch(() => response.destroy());
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' });
  response.end(`${status} ${message}\n`);
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import { EngineError, messageOf } from '../../base/errors.ts';
import { RouteTable, splitUrl } from '../../http/route-table.ts';
import type { ClientView } from '../../http/trusted-proxies.ts';
import { ANYBODY } from './auth/guard.ts';
import { DistributionError } from './distribution-error.ts';
import { RegistryExchange, type RegistryRoute } from './registry-exchange.ts';
import type { RateLimits } from './rate-limits.ts';
import type { RegistryLogger } from './registry-logger.ts';
import type { RegistryParts } from './registry-parts.ts';
import { errorAnswer } from './respond.ts';
import { routesOf } from './routes/routes-of.ts';

/** How long, and how much of, a body that is not wanted is read, so that its client gets to see the answer. */
const LINGER_MS = 5000;
const LINGER_BYTES = 64 * 1024 * 1024;
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];
/** Names of repositories have slashes, which the parameters of routes have not. */
const NAMED_PATH = /^\/v2\/(.+?)\/(blobs\/uploads\/[^/]*|(?:manifests|blobs|referrers)\/[^/]+|tags\/list)$/;
const WITHOUT_SLASH = /^\/v2$|^\/v2\/.+\/blobs\/uploads$/;

export type DispatchOptions = {
  logger: RegistryLogger;
  /** Whether each request is logged. */
  hasAccessLog: boolean;
  rateLimits: RateLimits;
  /** Aborts when the registry ends. */
  closing: AbortSignal;
};

/** From HTTP requests to routes: who asks, headers that every answer has, errors. */
export class RegistryDispatcher {
  readonly #routes: RouteTable<RegistryRoute>;
  readonly #parts: RegistryParts;
  readonly #options: DispatchOptions;
  readonly #running = new Set<Promise<void>>();

  constructor(parts: RegistryParts, options: DispatchOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#routes = new RouteTable(routesOf(parts));
  }

  /** Never throws. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const running = this.#answer(request, response);
    this.#running.add(running);
    await running;
    this.#running.delete(running);
  }

  /** Settles when no request is at work. */
  async idle(): Promise<void> {
    await Promise.all(this.#running);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('Docker-Distribution-Api-Version', 'registry/2.0');
    response.setHeader('X-Content-Type-Options', 'nosniff');
    const began: Began = {
      client: this.#parts.proxies.clientOf(request),
      startMs: performance.now(),
      readBytes: request.socket.bytesRead,
      writtenBytes: request.socket.bytesWritten,
      user: '',
    };
    response.once('close', () => this.#account(request, response, began));
    try {
      await this.#dispatch(request, response, began);
    } catch (error) {
      this.#fail(request, response, error);
    }
  }

  async #dispatch(request: IncomingMessage, response: ServerResponse, began: Began): Promise<void> {
    const { path: written, query } = splitUrl(request.url);
    const path = routePath(written);
    const found = this.#routes.find(request.method, path);
    if (found === undefined) throw this.#notFound(path);
    this.#options.rateLimits.take(began.client.address);
    const { client } = began;
    const isGuarded = /^\/(?:v2|ui)\//.test(path);
    const identity = isGuarded ? await this.#parts.guard.identify(request, client) : ANYBODY;
    began.user = identity.name;
    if (this.#parts.isReadOnly && !isReading(request.method, path))
      throw new DistributionError('UNSUPPORTED', 'the registry is read-only');
    const { route, params } = found;
    const { closing } = this.#options;
    const exchange = new RegistryExchange({ request, response, query, params, closing, identity, client });
    began.exchange = exchange;
    await route.handle(exchange);
  }

  #account(request: IncomingMessage, response: ServerResponse, began: Began): void {
    const { method = '', url, socket } = request;
    const { statusCode: status } = response;
    const seconds = (performance.now() - began.startMs) / 1000;
    const sentBytes = socket.bytesWritten - began.writtenBytes + (began.exchange?.sentByKernel ?? 0);
    const receivedBytes = socket.bytesRead - began.readBytes;
    this.#parts.metrics.count(METHODS.includes(method) ? method : 'OTHER', status, {
      seconds,
      sentBytes,
      receivedBytes,
    });
    if (!this.#options.hasAccessLog) return;
    const isWhole = response.writableFinished;
    this.#options.logger.info(
      {
        remote: began.client.address,
        user: began.user,
        method,
        url,
        status,
        sentBytes,
        receivedBytes,
        seconds,
        isWhole,
        agent: request.headers['user-agent'],
      },
      'request',
    );
  }

  #notFound(path: string): Error {
    const allowed = METHODS.filter(
      method => method !== 'HEAD' && this.#routes.find(method, path) !== undefined,
    );
    if (allowed.length === 0) return new EngineError('not-found', 'page not found');
    return new DistributionError('UNSUPPORTED', 'The operation is unsupported.', {
      headers: { Allow: allowed.join(', ') },
    });
  }

  #fail(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    // Not the request's: its stream may have been destroyed, which takes its connection from it.
    const isGone = response.destroyed || response.socket?.destroyed !== false;
    const answer = errorAnswer(error);
    if (answer.status >= 500 && !isGone) {
      const { method, url } = request;
      this.#options.logger.error({ error, method, url }, `${method} ${url}: ${messageOf(error)}`);
    }
    // Half an answer must not be taken for the whole.
    if (response.headersSent || isGone) response.destroy();
    else sendError(request, response, answer);
  }
}

/** Of a request, when it began. */
type Began = {
  client: ClientView;
  startMs: number;
  readBytes: number;
  writtenBytes: number;
  user: string;
  /** Of a request that has come to a route. */
  exchange?: RegistryExchange;
};

/** Tokens are asked for by POST, too. */
function isReading(method: string | undefined, path: string): boolean {
  return method === 'GET' || method === 'HEAD' || path === '/token';
}

function routePath(path: string): string {
  if (WITHOUT_SLASH.test(path)) return routePath(`${path}/`);
  const [, name, rest] = NAMED_PATH.exec(path) ?? [];
  return name === undefined ? path : `/v2/${name.replaceAll('/', '%2F')}/${rest}`;
}

/** A client that still sends a body reads no answer before it is done: what it sends is taken for a while. */
function sendError(
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers, body }: ReturnType<typeof errorAnswer>,
): void {
  const isComplete = request.complete || request.method === 'GET' || request.method === 'HEAD';
  response.writeHead(status, {
    'Content-Type': 'application/json',
    ...headers,
    'Content-Length': Buffer.byteLength(body),
    ...(isComplete ? {} : { Connection: 'close' }),
  });
  if (isComplete) return void response.end(body);
  response.write(body);
  linger(request, () => response.end());
}

function linger(request: IncomingMessage, end: () => void): void {
  let bytes = 0;
  const timer = setTimeout(stop, LINGER_MS);
  function stop() {
    clearTimeout(timer);
    request.off('data', count);
    end();
    request.destroy();
  }
  function count(chunk: Buffer) {
    bytes += chunk.length;
    if (bytes > LINGER_BYTES) stop();
  }
  request.on('data', count);
  request.once('end', stop);
  request.once('close', stop);
  request.on('error', () => undefined);
}

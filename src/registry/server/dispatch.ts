import type { IncomingMessage, ServerResponse } from 'node:http';
import { EngineError, messageOf } from '../../base/errors.ts';
import type { Logger } from '../../http/logger.ts';
import { RouteTable, splitUrl } from '../../http/route-table.ts';
import { ANYBODY } from './auth/guard.ts';
import { DistributionError } from './distribution-error.ts';
import { RegistryExchange, type RegistryRoute } from './registry-exchange.ts';
import type { RegistryParts } from './registry-parts.ts';
import { errorAnswer } from './respond.ts';
import { routesOf } from './routes/routes-of.ts';

/** How long, and how much of, a body that is not wanted is read, so that its client gets to see the answer. */
const LINGER_MS = 5000;
const LINGER_BYTES = 64 * 1024 * 1024;
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
/** Names of repositories have slashes, which the parameters of routes have not. */
const NAMED_PATH = /^\/v2\/(.+?)\/(blobs\/uploads\/[^/]*|(?:manifests|blobs|referrers)\/[^/]+|tags\/list)$/;
const WITHOUT_SLASH = /^\/v2$|^\/v2\/.+\/blobs\/uploads$/;

/** From HTTP requests to routes: who asks, headers that every answer has, errors. */
export class RegistryDispatcher {
  readonly #routes: RouteTable<RegistryRoute>;
  readonly #parts: RegistryParts;
  readonly #logger: Logger;
  readonly #closing: AbortSignal;
  readonly #running = new Set<Promise<void>>();

  constructor(parts: RegistryParts, { logger, closing }: { logger: Logger; closing: AbortSignal }) {
    this.#parts = parts;
    this.#logger = logger;
    this.#closing = closing;
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
    try {
      await this.#dispatch(request, response);
    } catch (error) {
      this.#fail(request, response, error);
    }
  }

  async #dispatch(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { path: written, query } = splitUrl(request.url);
    const path = routePath(written);
    const found = this.#routes.find(request.method, path);
    if (found === undefined) throw this.#notFound(path);
    const identity = path.startsWith('/v2/') ? await this.#parts.guard.identify(request) : ANYBODY;
    const { route, params } = found;
    const closing = this.#closing;
    await route.handle(new RegistryExchange({ request, response, query, params, closing, identity }));
  }

  #notFound(path: string): Error {
    const allowed = METHODS.filter(method => this.#routes.find(method, path) !== undefined);
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
      this.#logger.error({ error, method, url }, `${method} ${url}: ${messageOf(error)}`);
    }
    // Half an answer must not be taken for the whole.
    if (response.headersSent || isGone) response.destroy();
    else sendError(request, response, answer);
  }
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

import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { API_VERSION, MIN_API_VERSION } from '../api/types.ts';
import { EngineError, messageOf } from '../base/errors.ts';
import { compareVersions, Exchange } from './exchange.ts';
import { httpStatus } from '../http/http-status.ts';
import { RouteTable, splitUrl } from '../http/route-table.ts';
import type { Logger } from '../http/logger.ts';
import { readRest } from '../http/read-rest.ts';
import { sendEmpty, sendError } from '../http/respond.ts';
import type { Route, Router } from './router.ts';

export type DispatcherOptions = {
  routers: readonly Router[];
  /** Slipway's version, for the `Server` header. */
  version: string;
  logger: Logger;
  /** Aborts the long-lived answers when the server closes. */
  closing: AbortSignal;
};

/** @throws EngineError when a request is not to be answered */
export type Admit = (request: IncomingMessage) => void;

/** From HTTP requests to routes: versions, headers every answer has, errors. */
export class Dispatcher {
  readonly #routes: RouteTable<Route>;
  readonly #options: DispatcherOptions;
  readonly #headers: Map<string, string>;
  readonly #handingOver = new WeakSet<Duplex>();

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#headers = new Map([
      ['Api-Version', API_VERSION],
      ['Docker-Experimental', 'false'],
      ['Ostype', 'linux'],
      ['Server', `Slipway/${options.version} (linux)`],
    ]);
    this.#routes = new RouteTable(options.routers.flat());
  }

  /** Answers a request that `admit` does not throw at; never throws itself. */
  async answer(
    request: IncomingMessage,
    response: ServerResponse,
    admit: Admit,
    upgraded?: Duplex,
  ): Promise<void> {
    response.setHeaders(this.#headers);
    try {
      admit(request);
      await this.#dispatch(request, response, upgraded);
    } catch (error) {
      await this.#fail(request, response, error);
    }
  }

  /** Answers a request whose connection node:http has given away already. */
  async answerUpgrade(request: IncomingMessage, connection: Duplex, admit: Admit): Promise<void> {
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(request.socket);
    response.once('finish', () => request.socket.end());
    await this.answer(request, response, admit, connection);
  }

  /** Whether the request asks for a connection that a route will take over. */
  hijacks(request: IncomingMessage): boolean {
    return this.#find(request)?.route.hijacks ?? false;
  }

  /** Whether a route is about to take this connection, or has it: what comes on it is not HTTP. */
  isHandingOver(connection: Duplex): boolean {
    return this.#handingOver.has(connection);
  }

  /** Unless the answer is an ordinary one. */
  #handOver({ socket }: IncomingMessage, response: ServerResponse): void {
    this.#handingOver.add(socket);
    response.once('finish', () => this.#handingOver.delete(socket));
  }

  async #dispatch(request: IncomingMessage, response: ServerResponse, upgraded?: Duplex): Promise<void> {
    // No name and no path has one, and the kernel would take it for the end.
    if (request.url?.includes('%00'))
      throw new EngineError('invalid-parameter', 'the URL contains nul byte (\\x00)');
    // Docker answers so for every path, whether there is such a one or not.
    if (request.method === 'OPTIONS') return sendEmpty({ response }, 200);
    const found = this.#find(request);
    if (found === undefined) throw new EngineError('not-found', 'page not found');
    if (!checkVersion(found.version, response)) return;
    const { route, ...rest } = found;
    if (route.hijacks) this.#handOver(request, response);
    await route.handle(
      new Exchange({ ...rest, request, response, upgraded, closing: this.#options.closing }),
    );
  }

  #find({ method, url }: IncomingMessage) {
    const { path: whole, query } = splitUrl(url);
    const [, version = API_VERSION, path = '/'] = /^(?:\/v(\d+\.\d+))?(\/.*)$/.exec(whole) ?? [];
    const found = this.#routes.find(method, path) ?? this.#routes.find(method, withOneName(path));
    return found === undefined ? undefined : { ...found, version, query };
  }

  async #fail(request: IncomingMessage, response: ServerResponse, error: unknown): Promise<void> {
    if (!response.headersSent) await readRest(request);
    // Not the request's: its stream may have been destroyed, which takes its connection from it.
    const gone = response.destroyed || response.socket?.destroyed !== false;
    // A client that has gone leaves errors of its broken connection behind, which are not the server's.
    const ours = error instanceof EngineError ? error.kind !== 'cancelled' : !gone;
    if (ours && httpStatus(error) === 500) {
      const { method, url } = request;
      this.#options.logger.error({ error, method, url }, `${method} ${url}: ${messageOf(error)}`);
    }
    if (response.headersSent || gone) response.destroy();
    else sendError(response, error);
  }
}

/** Clients do not escape the slash of a name that a link gives: `/containers/web/db/json`. */
function withOneName(path: string): string {
  return path.replace(/^(\/containers\/[^/]+)\/([^/]+)/, '$1%2F$2');
}

/** Whether the version is one we speak; answers the request if not. */
function checkVersion(version: string, response: ServerResponse): boolean {
  if (compareVersions(version, API_VERSION) > 0)
    throw new EngineError(
      'invalid-parameter',
      `client version ${version} is too new. Maximum supported API version is ${API_VERSION}`,
    );
  if (compareVersions(version, MIN_API_VERSION) >= 0) return true;
  // Clients that old do not read JSON errors.
  response.writeHead(400, { 'Content-Type': 'text/plain; charset=utf-8' });
  response.end(
    `client version ${version} is too old. Minimum supported API version is ${MIN_API_VERSION}, ` +
      'please upgrade your client to a newer version\n',
  );
  return false;
}

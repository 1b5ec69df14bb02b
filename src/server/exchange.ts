import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** One request and its answer, as the routers see it. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The API version asked for: '1.43'; the newest one for a path without a version. */
  readonly version: string;
  readonly query: URLSearchParams;
  readonly params: Record<string, string | undefined>;
  /** The client's connection, to be taken over by `hijack`. */
  readonly connection: Duplex;
  /** Whether node:http has let go of the connection already (an `Upgrade` request). */
  readonly upgraded: boolean;
  readonly #closing: AbortSignal;
  #controller: AbortController | undefined;

  constructor(options: {
    request: IncomingMessage;
    response: ServerResponse;
    version: string;
    query: URLSearchParams;
    params: Record<string, string | undefined>;
    closing: AbortSignal;
    upgraded?: Duplex;
  }) {
    this.request = options.request;
    this.response = options.response;
    this.version = options.version;
    this.query = options.query;
    this.params = options.params;
    this.connection = options.upgraded ?? options.request.socket;
    this.upgraded = options.upgraded !== undefined;
    this.#closing = options.closing;
  }

  /** Aborts when the client has gone (or will send no more), when all has been answered, or the server closes. */
  get signal(): AbortSignal {
    this.#controller ??= this.#watch();
    return this.#controller.signal;
  }

  #watch(): AbortController {
    const controller = new AbortController();
    const { socket } = this.request;
    const abort = () => {
      this.#closing.removeEventListener('abort', abort);
      socket.removeListener('end', abort);
      controller.abort();
    };
    if (socket.destroyed || socket.readableEnded || this.#closing.aborted) abort();
    this.response.once('close', abort);
    socket.once('end', abort);
    this.#closing.addEventListener('abort', abort);
    return controller;
  }

  /** A path parameter. The route's pattern has it, or it is a bug. */
  param(name: string): string {
    const value = this.params[name];
    if (value === undefined) throw new TypeError(`the route has no parameter ${name}`);
    return value;
  }

  /** Whether the client speaks at least this API version. */
  atLeast(version: string): boolean {
    return compareVersions(this.version, version) >= 0;
  }
}

/** Negative, zero or positive, for versions of two numbers. */
export function compareVersions(left: string, right: string): number {
  const [leftMajor = 0, leftMinor = 0] = left.split('.').map(Number);
  const [rightMajor = 0, rightMinor = 0] = right.split('.').map(Number);
  return leftMajor - rightMajor || leftMinor - rightMinor;
}

import type { IncomingMessage, ServerResponse } from 'node:http';

export type ExchangeOptions = {
  request: IncomingMessage;
  response: ServerResponse;
  query: URLSearchParams;
  params: Record<string, string | undefined>;
  /** Aborts when the server closes. */
  closing: AbortSignal;
};

/** One request and its answer, as routes see it. */
export class HttpExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  readonly params: Record<string, string | undefined>;
  readonly #closing: AbortSignal;
  #controller: AbortController | undefined;

  constructor(options: ExchangeOptions) {
    this.request = options.request;
    this.response = options.response;
    this.query = options.query;
    this.params = options.params;
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
}

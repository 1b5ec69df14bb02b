import type { Backend } from '../api/backend.ts';
import { HttpListeners, type ListenerLimits, type RequestHandler } from '../http/http-listeners.ts';
import { type ListenAddress, parseListenAddress } from '../http/listen-address.ts';
import type { Logger } from '../http/logger.ts';
import type { TlsFiles } from '../http/tls-options.ts';
import { type Admit, Dispatcher } from './dispatch.ts';
import { namesOfMachine, refuseForeign } from './refuse-foreign.ts';
import { routersOf } from './routes/routers-of.ts';

const LIMITS: ListenerLimits = {
  // dockerd's value.
  headersTimeoutMs: 300_000,
  // Go's value. Filters with hundreds of ids are that long.
  maxHeadBytes: 1024 * 1024,
  // Idle connections are the client's to close, as with dockerd.
  keepAliveTimeoutMs: 0,
  idleTimeoutMs: 0,
};

export type ApiServerOptions = {
  backend: Backend;
  /** As `-H` has them: `unix:///run/slipway/slipway.sock`, `tcp://127.0.0.1:2375`, `fd://`. */
  listen: readonly string[];
  /** For TCP. Sockets handed over are as they are. */
  tls?: TlsFiles;
  /** By which clients may call the machine over TCP without TLS, besides those it knows of itself. */
  names?: readonly string[];
  /** Slipway's own version, for the `Server` header. */
  version: string;
  logger: Logger;
};

export interface ApiServer {
  /** What it listens on, ports resolved, in the notation of `listen`. */
  readonly addresses: readonly string[];
  /**
   * Takes no more requests, ends event, log and stats streams, lets other answers finish for `graceMs`
   * (1000 by default), and breaks off what is left then, attached clients included. Idempotent.
   */
  close(graceMs?: number): Promise<void>;
}

/**
 * Serves the Docker Engine API.
 * @throws EngineError invalid-parameter for a bad address, conflict for a socket in use, system when the kernel
 *   refuses; nothing is left listening then
 */
export async function openApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const server = new RunningServer(options);
  try {
    for (const address of options.listen.flatMap(text =>
      parseListenAddress(text, { hasTls: options.tls !== undefined }),
    ))
      await server.listen(address);
  } catch (error) {
    await server.close(0);
    throw error;
  }
  return server;
}

class RunningServer implements ApiServer {
  readonly #listeners: HttpListeners;
  readonly #dispatcher: Dispatcher;
  readonly #tls: TlsFiles | undefined;
  readonly #names: readonly string[];

  constructor({ backend, version, logger, tls, names = [] }: ApiServerOptions) {
    this.#names = names;
    this.#tls = tls;
    this.#listeners = new HttpListeners(LIMITS, logger);
    const { closing } = this.#listeners;
    this.#dispatcher = new Dispatcher({ routers: routersOf(backend), version, logger, closing });
  }

  get addresses(): readonly string[] {
    return this.#listeners.addresses;
  }

  async listen(address: ListenAddress): Promise<void> {
    const dispatcher = this.#dispatcher;
    let isLocal = address.type === 'unix';
    const names = namesOfMachine(address.type === 'tcp' ? [...this.#names, address.host] : this.#names);
    const admit: Admit = request => {
      if (!isLocal) refuseForeign(request, names);
    };
    const handler: RequestHandler = {
      answer: (request, response) => dispatcher.answer(request, response, admit),
      upgrades: {
        wanted: request => dispatcher.hijacks(request),
        answer: (request, connection) => dispatcher.answerUpgrade(request, connection, admit),
        isTaken: connection => dispatcher.isHandingOver(connection),
      },
    };
    ({ isLocal } = await this.#listeners.listen(address, handler, this.#tls));
  }

  close(graceMs = 1000): Promise<void> {
    return this.#listeners.close(graceMs);
  }
}

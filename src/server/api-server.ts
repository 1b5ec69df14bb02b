import { once } from 'node:events';
import { createServer, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode } from '../base/errors.ts';
import type { Backend } from '../api/backend.ts';
import { headProblem, plainRefusal } from './check-head.ts';
import { type Admit, Dispatcher } from './dispatch.ts';
import { type ListenAddress, parseListenAddress } from './listen-address.ts';
import { readTlsOptions, type TlsFiles, type TlsServerOptions } from './tls-options.ts';
import type { Logger } from './logger.ts';
import { namesOfMachine, refuseForeign } from './refuse-foreign.ts';
import { routersOf } from './routes/routers-of.ts';
import { listenUnix } from './unix-listener.ts';

/** How long a new connection may take to send the head of its first request; dockerd's value. */
const HEADERS_TIMEOUT_MS = 300_000;
/** Of a request's line and headers together; Go's value. Filters with hundreds of ids are that long. */
const MAX_HEAD_BYTES = 1024 * 1024;

export type ApiServerOptions = {
  backend: Backend;
  /** As `-H` has them: `unix:///run/slipway/slipway.sock`, `tcp://127.0.0.1:2375`, `fd://`. */
  listen: readonly string[];
  /** For TCP. Sockets handed over are as they are. */
  tls?: TlsFiles;
  /** By which clients may call the machine over TCP without TLS, besides those it knows of itself. */
  names?: readonly string[];
  /** Of Slipway itself, for the `Server` header. */
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
  readonly addresses: string[] = [];
  readonly #dispatcher: Dispatcher;
  readonly #tls: TlsServerOptions | undefined;
  readonly #closing = new AbortController();
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #removals: (() => void)[] = [];
  readonly #names: readonly string[];
  #closed: Promise<void> | undefined;

  constructor({ backend, version, logger, tls, names = [] }: ApiServerOptions) {
    this.#names = names;
    this.#tls = tls && readTlsOptions(tls);
    this.#dispatcher = new Dispatcher({
      routers: routersOf(backend),
      version,
      logger,
      closing: this.#closing.signal,
    });
  }

  async listen(address: ListenAddress): Promise<void> {
    let isLocal = address.type === 'unix';
    const names = namesOfMachine(address.type === 'tcp' ? [...this.#names, address.host] : this.#names);
    const admit: Admit = request => {
      if (!isLocal) refuseForeign(request, names);
    };
    const server = this.#createServer(address.type === 'tcp' ? this.#tls : undefined, admit);
    this.#servers.push(server);
    if (address.type === 'unix') {
      this.#removals.push(await listenUnix(server, address.path));
      this.addresses.push(`unix://${address.path}`);
      return;
    }
    server.listen(address.type === 'fd' ? { fd: address.fd } : { host: address.host, port: address.port });
    await once(server, 'listening');
    const { address: host, port, family } = (server.address() ?? {}) as Partial<AddressInfo>;
    isLocal = port === undefined;
    this.addresses.push(
      port === undefined
        ? `fd://${(address as { fd?: number }).fd}`
        : `tcp://${family === 'IPv6' ? `[${host}]` : host}:${port}`,
    );
  }

  close(graceMs = 1000): Promise<void> {
    this.#closed ??= this.#close(graceMs);
    return this.#closed;
  }

  async #close(graceMs: number): Promise<void> {
    for (const remove of this.#removals) remove();
    const listening = this.#servers.filter(server => server.listening);
    const closed = Promise.all(listening.map(server => once(server, 'close')));
    for (const server of listening) server.close();
    this.#closing.abort();
    const patience = new AbortController();
    await Promise.race([closed, delay(graceMs, undefined, { signal: patience.signal })]);
    patience.abort();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #createServer(tls: TlsServerOptions | undefined, admit: Admit): Server {
    const options: ServerOptions = {
      // Uploads take as long as they take, and idle connections are the client's to close, as with dockerd.
      requestTimeout: 0,
      keepAliveTimeout: 0,
      headersTimeout: HEADERS_TIMEOUT_MS,
      maxHeaderSize: MAX_HEAD_BYTES,
      // Of TCP: a client whose machine has gone is noticed.
      keepAlive: true,
      shouldUpgradeCallback: request => this.#dispatcher.hijacks(request),
    };
    const server =
      tls === undefined
        ? createServer(options)
        : createTlsServer({ ...options, ...tls, allowHalfOpen: true });
    server.on('request', (request, response) => {
      const problem = headProblem(request);
      if (problem !== undefined) return refuse(request.socket, problem);
      response.once('finish', () => {
        // A connection that falls idle while the server closes is of no more use.
        if (this.#closing.signal.aborted) setImmediate(() => server.closeIdleConnections());
      });
      void this.#dispatcher.answer(request, response, admit);
    });
    // A client may close its side once it has asked, and still read the answer.
    (server as Server & { httpAllowHalfOpen: boolean }).httpAllowHalfOpen = true;
    server.on('upgrade', (request, connection, head) => {
      const problem = headProblem(request);
      if (problem !== undefined) return refuse(connection, problem);
      if (head.length > 0) connection.unshift(head);
      void this.#dispatcher.answerUpgrade(request, connection, admit);
    });
    server.on('clientError', (error, connection) => {
      if (this.#dispatcher.isHandingOver(connection)) return;
      const isTooLarge = errorCode(error) === 'HPE_HEADER_OVERFLOW';
      refuse(connection, isTooLarge ? '431 Request Header Fields Too Large' : '400 Bad Request');
    });
    server.on('connection', socket => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    return server;
  }
}

function refuse(connection: Duplex, status: string): void {
  if (connection.writable) connection.end(plainRefusal(status));
  else connection.destroy();
}

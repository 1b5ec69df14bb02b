import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode, messageOf } from '../base/errors.ts';
import { headProblem, plainRefusal } from './check-head.ts';
import type { ListenAddress } from './listen-address.ts';
import type { Logger } from './logger.ts';
import { keepTlsFresh, readTlsOptions, type TlsFiles } from './tls-options.ts';
import { BACKLOG, listenUnix } from './unix-listener.ts';

/** What answers the requests that come in at one listener. */
export type RequestHandler = {
  answer(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** For servers that hand connections over. */
  upgrades?: {
    /** Whether the request asks for a connection that a route will take over. */
    wanted(request: IncomingMessage): boolean;
    answer(request: IncomingMessage, connection: Duplex): Promise<void>;
    /** Whether a route is about to take this connection, or has it: what comes on it is not HTTP, also where it looks so. */
    isTaken(connection: Duplex): boolean;
  };
};

export type ListenerLimits = {
  /** How long a connection may take to send the head of its first request. */
  headersTimeoutMs: number;
  /** Limit for a request's line and headers together. */
  maxHeadBytes: number;
  /** How long a connection that asks nothing is kept; 0: for ever. */
  keepAliveTimeoutMs: number;
  /** How long nothing may move on a connection that is in use; 0: for ever. */
  idleTimeoutMs: number;
  maxConnections?: number;
};

/** Requests that a client may send before their turn, each of which takes some memory. No usual client sends any. */
const MAX_WAITING = 10_000;

/** The HTTP servers of one program: they listen, refuse what is no HTTP, and end together. */
export class HttpListeners {
  /** What they listen on, ports resolved: `unix:///run/x.sock`, `tcp://127.0.0.1:2375`, `fd://3`. */
  readonly addresses: string[] = [];
  readonly #limits: ListenerLimits;
  readonly #logger: Logger;
  readonly #closing = new AbortController();
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #removals: (() => void)[] = [];
  #closed: Promise<void> | undefined;

  constructor(limits: ListenerLimits, logger: Logger) {
    this.#limits = limits;
    this.#logger = logger;
  }

  /** Aborts when they close. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** Connections that are open. */
  get connectionCount(): number {
    return this.#sockets.size;
  }

  /**
   * @param tls for TCP: read anew when its files change
   * @returns whether it can be reached from this machine alone
   * @throws EngineError conflict for a socket in use, invalid-parameter for files that do not belong together
   */
  async listen(
    address: ListenAddress,
    handler: RequestHandler,
    tls?: TlsFiles,
  ): Promise<{ isLocal: boolean }> {
    const server = this.#createServer(handler, address.type === 'tcp' ? tls : undefined);
    this.#servers.push(server);
    if (address.type === 'unix') {
      this.#removals.push(await listenUnix(server, address.path));
      this.addresses.push(`unix://${address.path}`);
      return { isLocal: true };
    }
    const place = address.type === 'fd' ? { fd: address.fd } : { host: address.host, port: address.port };
    server.listen({ ...place, backlog: BACKLOG });
    await once(server, 'listening');
    const { address: host, port, family } = (server.address() ?? {}) as Partial<AddressInfo>;
    this.addresses.push(
      port === undefined
        ? `fd://${(address as { fd?: number }).fd}`
        : `tcp://${family === 'IPv6' ? `[${host}]` : host}:${port}`,
    );
    return { isLocal: port === undefined };
  }

  /** Takes no more requests, lets answers finish for `graceMs`, and breaks off what is left then. Idempotent. */
  close(graceMs: number): Promise<void> {
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

  #createServer(handler: RequestHandler, tls: TlsFiles | undefined): Server {
    const { upgrades } = handler;
    const options: ServerOptions = {
      // Uploads take as long as they take.
      requestTimeout: 0,
      keepAliveTimeout: this.#limits.keepAliveTimeoutMs,
      headersTimeout: this.#limits.headersTimeoutMs,
      maxHeaderSize: this.#limits.maxHeadBytes,
      // TCP keep-alive, which notices that a client's machine has gone.
      keepAlive: true,
      shouldUpgradeCallback: request => upgrades?.wanted(request) ?? false,
    };
    const server = tls === undefined ? createServer(options) : this.#createTlsServer(options, tls);
    server.timeout = this.#limits.idleTimeoutMs;
    if (this.#limits.maxConnections !== undefined) server.maxConnections = this.#limits.maxConnections;
    // A client may close its side once it has asked, and still read the answer.
    (server as Server & { httpAllowHalfOpen: boolean }).httpAllowHalfOpen = true;
    /** The last answer of each connection. */
    const answers = new WeakMap<Duplex, ServerResponse>();
    /** How many requests of each connection wait for the answers before theirs. */
    const waiting = new WeakMap<Duplex, number>();
    const isAnswering = (connection: Duplex): boolean => answers.get(connection)?.writableFinished === false;
    server.on('request', (request, response) => {
      const { socket } = request;
      const [isBusy, before] = [isAnswering(socket), answers.get(socket)];
      // Also the one that never comes, behind a request that takes the connection: node:http keeps its place.
      answers.set(socket, response);
      // If that is refused after all, no answer can follow its own.
      if (upgrades?.isTaken(socket)) return void before?.once('finish', () => socket.destroySoon());
      // Who is to have the connection would be in the way of the answer before.
      if (isBusy && upgrades?.wanted(request)) return void socket.destroy();
      const problem = headProblem(request);
      if (problem !== undefined) return refuse(request.socket, problem);
      response.once('finish', () => {
        // A connection that falls idle while the server closes is of no more use.
        if (this.#closing.signal.aborted) setImmediate(() => server.closeIdleConnections());
      });
      const answer = () => void handler.answer(request, response);
      // One at a time for each connection, as Go does: a client that sends thousands has the means of one.
      if (!isBusy) return answer();
      const count = (waiting.get(socket) ?? 0) + 1;
      if (count > MAX_WAITING) return void socket.destroy();
      waiting.set(socket, count);
      before?.once('finish', () => {
        waiting.set(socket, (waiting.get(socket) ?? 1) - 1);
        answer();
      });
    });
    server.on('upgrade', (request, connection, head) => {
      // From here on node:http does not listen any more.
      connection.on('error', () => connection.destroy());
      if (isAnswering(request.socket)) return void connection.destroy();
      const problem = headProblem(request);
      if (problem !== undefined) return refuse(connection, problem);
      if (head.length > 0) connection.unshift(head);
      void upgrades?.answer(request, connection);
    });
    server.on('clientError', (error, connection) => {
      if (upgrades?.isTaken(connection)) return;
      const isTooLarge = errorCode(error) === 'HPE_HEADER_OVERFLOW';
      refuse(connection, isTooLarge ? '431 Request Header Fields Too Large' : '400 Bad Request');
    });
    server.on('connection', socket => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    return server;
  }

  #createTlsServer(options: ServerOptions, files: TlsFiles): TlsServer {
    const server = createTlsServer({ ...options, ...readTlsOptions(files), allowHalfOpen: true });
    const onProblem = (error: unknown) =>
      this.#logger.error({ error }, `the certificate was not reloaded: ${messageOf(error)}`);
    this.#removals.push(keepTlsFresh(server, files, onProblem));
    return server;
  }
}

function refuse(connection: Duplex, status: string): void {
  if (connection.writable) connection.end(plainRefusal(status));
  else connection.destroy();
}

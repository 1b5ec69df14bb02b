import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { EngineError, errorCode } from '../../base/errors.ts';
import { peerPid } from '../../kernel/peer-pid.ts';
import { PROTOCOL_VERSION, type ResolverReply, type ResolverRequest } from './protocol.ts';

export type ResolverClientOptions = {
  /** The socket. */
  path: string;
  /** The script that Node runs. */
  program: string;
  /** What a resolver has to be told that knows nothing yet; what the requests refer to is kept until it is disposed. */
  snapshot: () => { requests: ResolverRequest[] } & Disposable;
  /** Whether a resolver that has ended is to be replaced at once. */
  isNeeded: () => boolean;
};

/** What a resolver does at once; one that takes longer is stopped, say, and no help to containers either. */
const ANSWER_MS = 10_000;

type Connection = { socket: Socket; pid: number; replies: ((reply: ResolverReply | undefined) => void)[] };

/**
 * A connection to the resolver's process, which is started when it is first needed, and again when it has gone. It stays
 * when this is closed.
 */
export class ResolverClient {
  readonly #options: ResolverClientOptions;
  #connection: Promise<Connection> | undefined;
  #closed = false;

  constructor(options: ResolverClientOptions) {
    this.#options = options;
  }

  /**
   * Settles when the resolver has done it all.
   * @throws EngineError system when it cannot, unavailable when there is none
   */
  async send(...requests: ResolverRequest[]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      this.#connection ??= this.#connect();
      const connection = await this.#connection;
      const replies = await Promise.all(requests.map(request => exchange(connection, request)));
      const failure = replies.find(reply => reply?.error !== undefined);
      if (failure !== undefined) throw new EngineError('system', `name resolution: ${failure.error}`);
      if (replies.every(reply => reply !== undefined)) return;
      // It has gone meanwhile, and a new one knows what the snapshot says.
      if (attempt === 3 || this.#closed)
        throw new EngineError('unavailable', 'name resolution: the resolver has ended');
    }
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    void this.#connection?.then(({ socket }) => socket.destroy()).catch(() => undefined);
  }

  async #connect(): Promise<Connection> {
    try {
      const connection = await this.#reach();
      using snapshot = this.#options.snapshot();
      for (const request of snapshot.requests) {
        const reply = await exchange(connection, request);
        // A container that has just ended is no reason to leave all others without names.
        if (reply === undefined)
          throw new EngineError('unavailable', 'name resolution: the resolver has ended');
      }
      connection.socket.once('close', () => this.#lost());
      if (this.#closed) connection.socket.destroy();
      return connection;
    } catch (error) {
      this.#connection = undefined;
      throw error;
    }
  }

  /** It was killed from outside, and containers still need it. */
  #lost(): void {
    this.#connection = undefined;
    if (this.#closed || !this.#options.isNeeded()) return;
    this.#connection = this.#connect();
    this.#connection.catch(() => undefined);
  }

  async #reach(): Promise<Connection> {
    const found = await open(this.#options.path);
    if (found !== undefined) {
      const reply = await exchange(found, { type: 'hello', version: PROTOCOL_VERSION });
      if (reply !== undefined && reply.error === undefined) return found;
      found.socket.destroy();
    }
    await start(this.#options);
    const connection = await open(this.#options.path);
    if (connection === undefined)
      throw new EngineError('unavailable', 'name resolution: the resolver does not listen');
    return connection;
  }
}

async function start({ program, path }: ResolverClientOptions): Promise<void> {
  // As bin/slipway has them: it is small.
  const flags = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=1', '--v8-pool-size=1'];
  const child = spawn(process.execPath, [...flags, program, path], {
    cwd: '/',
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: process.env.PATH, MALLOC_ARENA_MAX: '1' },
  });
  const outcome = await Promise.race([
    once(child.stdout, 'data').then(() => undefined),
    once(child, 'exit').then(([code]) => `it ended with ${String(code)}`),
    once(child, 'error').then(([error]) => String(error)),
  ]);
  child.stdout.destroy();
  child.unref();
  if (outcome !== undefined)
    throw new EngineError('system', `name resolution: the resolver did not start: ${outcome}`);
}

/** Undefined without a listener. */
async function open(path: string): Promise<Connection | undefined> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
  } catch (error) {
    if (['ENOENT', 'ECONNREFUSED'].includes(errorCode(error) ?? '')) return undefined;
    throw error;
  }
  socket.unref();
  const { fd } = (socket as Socket & { _handle: { fd: number } })._handle;
  const connection: Connection = { socket, pid: peerPid(fd), replies: [] };
  const lines = createInterface({ input: socket });
  for (const source of [socket, lines]) source.on('error', () => socket.destroy());
  socket.once('close', () => {
    for (const reply of connection.replies.splice(0)) reply(undefined);
  });
  lines.on('line', line => connection.replies.shift()?.(JSON.parse(line) as ResolverReply));
  return connection;
}

/** Undefined when the connection has ended: that of a resolver that does not answer is ended, with the resolver. */
async function exchange(
  { socket, pid, replies }: Connection,
  request: ResolverRequest,
): Promise<ResolverReply | undefined> {
  if (socket.destroyed) return undefined;
  const { promise, resolve } = Promise.withResolvers<ResolverReply | undefined>();
  replies.push(resolve);
  socket.write(`${JSON.stringify(request)}\n`);
  const end = (): void => {
    // As long as it is connected, its pid is not used again.
    if (!socket.destroyed) process.kill(pid, 'SIGKILL');
    socket.destroy();
  };
  const timer = setTimeout(end, ANSWER_MS);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}

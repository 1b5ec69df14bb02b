import { openSync } from 'node:fs';
import { EngineError } from '../../base/errors.ts';
import { MESSAGES } from '../../libcontainer/wire.ts';
import type { ShimConnection } from './shim-connection.ts';
import { spawnShim } from './spawn-shim.ts';

/**
 * Network namespaces made by another process, a shim without a container: the kernel may keep the thread that
 * makes one waiting for milliseconds. The process is started when it is first needed, and again when it has gone.
 */
export class NamespaceMaker {
  readonly #shimPath: string;
  #connection: Promise<ShimConnection> | undefined;
  #pending = 0;
  #closed = false;

  constructor(shimPath: string) {
    this.#shimPath = shimPath;
  }

  /**
   * A new namespace, with nothing in it but its loopback interface, which is up.
   * @returns a descriptor; the caller closes it
   * @throws SyscallError, ShimFailure; EngineError unavailable after `close`
   */
  async create(): Promise<number> {
    const connection = await this.#connected();
    // The connection keeps the engine's process alive only while a caller waits for an answer.
    if (this.#pending++ === 0) connection.socket.ref();
    try {
      const reply = await connection.request(MESSAGES.networkNamespace);
      const theirs = reply.int();
      const pid = reply.int();
      const descriptor = openSync(`/proc/${pid}/fd/${theirs}`, 'r');
      void connection.request(MESSAGES.close, writer => writer.int(theirs)).catch(() => undefined);
      return descriptor;
    } finally {
      if (--this.#pending === 0) connection.socket.unref();
    }
  }

  /** Idempotent. Namespaces made stay. */
  close(): void {
    this.#closed = true;
    void this.#connection?.then(connection => connection.close()).catch(() => undefined);
  }

  #connected(): Promise<ShimConnection> {
    if (this.#closed) throw new EngineError('unavailable', 'the maker of network namespaces is closed');
    this.#connection ??= this.#connect();
    return this.#connection;
  }

  async #connect(): Promise<ShimConnection> {
    try {
      const { connection } = await spawnShim({
        path: this.#shimPath,
        containerId: 'network namespaces',
        descriptors: [],
      });
      connection.socket.unref();
      void connection.closed.then(() => {
        this.#connection = undefined;
      });
      if (this.#closed) connection.close();
      return connection;
    } catch (error) {
      this.#connection = undefined;
      throw error;
    }
  }
}

import { setTimeout as delay } from 'node:timers/promises';
import type { FieldReader } from '../../libcontainer/field-reader.ts';
import type { FieldWriter } from '../../libcontainer/field-writer.ts';
import type { ShimConnection } from './shim-connection.ts';
import { type SpawnedShim, spawnShim } from './spawn-shim.ts';

/** So long after one was taken another is made ready: whoever took it goes first. */
const REFILL_DELAY_MS = 3;
/** SCM_MAX_FD (include/net/scm.h) */
const MAX_PASSED = 253;

export type FreshShim = {
  connection: ShimConnection;
  /** The first request, see {@link ShimConnection.request}. */
  request(type: number, write: (writer: FieldWriter) => void): Promise<FieldReader>;
};

/**
 * Shims that are started before anyone needs them, as starting a program takes a good part of a millisecond. An
 * idle one waits for a message, and ends with this process.
 */
export class ShimPool {
  readonly #path: string;
  readonly #size: number;
  readonly #ready: SpawnedShim[] = [];
  readonly #abort = new AbortController();

  /** @param path the shim's executable */
  constructor(path: string, size = 2) {
    this.#path = path;
    this.#size = size;
  }

  /**
   * A shim that waits for its first request, with which it is given the descriptors; they stay the caller's.
   * @throws SyscallError
   */
  async take(descriptors: readonly number[]): Promise<FreshShim> {
    const ready = descriptors.length <= MAX_PASSED ? this.#ready.pop() : undefined;
    void this.#refill();
    if (ready === undefined) {
      const { connection } = await spawnShim({ path: this.#path, containerId: PLACEHOLDER, descriptors });
      return { connection, request: connection.request.bind(connection) };
    }
    const { connection, socket } = ready;
    if (descriptors.length === 0) return { connection, request: connection.request.bind(connection) };
    return {
      connection,
      request: (type, write) => connection.requestWith(socket, descriptors, type, write),
    };
  }

  /** Ends the idle ones. */
  close(): void {
    this.#abort.abort();
    for (const { connection } of this.#ready) connection.close();
  }

  async #refill(): Promise<void> {
    const { signal } = this.#abort;
    await delay(REFILL_DELAY_MS, undefined, { signal, ref: false }).catch(() => undefined);
    if (signal.aborted || this.#ready.length >= this.#size) return;
    const shim = await spawnShim({ path: this.#path, containerId: PLACEHOLDER, descriptors: [] });
    if (signal.aborted || this.#ready.length >= this.#size) {
      shim.connection.close();
      return;
    }
    this.#ready.push(shim);
    shim.connection.socket.unref();
    void shim.connection.closed.then(() => {
      const index = this.#ready.indexOf(shim);
      if (index >= 0) this.#ready.splice(index, 1);
    });
  }
}

/** The shim puts the container's id in its place, where ps(1) finds it. */
const PLACEHOLDER = '-'.repeat(64);

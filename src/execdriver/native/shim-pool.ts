import { setTimeout as delay } from 'node:timers/promises';
import { sendDescriptors } from '../../kernel/pass-descriptor.ts';
import { MESSAGES } from '../../libcontainer/wire.ts';
import { encodeMessage } from './encode-message.ts';
import type { ShimConnection } from './shim-connection.ts';
import { type SpawnedShim, spawnShim } from './spawn-shim.ts';

/** So long after one was taken another is made ready: whoever took it goes first. */
const REFILL_DELAY_MS = 3;
/** SCM_MAX_FD (include/net/scm.h) */
const MAX_PASSED = 253;

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
   * A shim that has the descriptors, which stay the caller's, and waits for its plan.
   * @throws SyscallError
   */
  async take(descriptors: readonly number[]): Promise<ShimConnection> {
    const ready = descriptors.length <= MAX_PASSED ? this.#ready.pop() : undefined;
    void this.#refill();
    if (ready === undefined) {
      return (await spawnShim({ path: this.#path, containerId: PLACEHOLDER, descriptors })).connection;
    }
    if (descriptors.length > 0) {
      // Past the socket's own queue, in which there is nothing yet.
      sendDescriptors(
        ready.socket,
        descriptors,
        encodeMessage(MESSAGES.descriptors, 0, () => undefined),
      );
    }
    return ready.connection;
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

import type { FieldReader } from '../../libcontainer/field-reader.ts';
import type { FieldWriter } from '../../libcontainer/field-writer.ts';
import { Reserve } from './reserve.ts';
import { type SpawnedShim, spawnShim } from './spawn-shim.ts';

/** How many descriptors a message may have: SCM_MAX_FD (include/net/scm.h). */
export const MAX_PASSED = 253;

export type FreshShim = Pick<SpawnedShim, 'connection'> & {
  /** The first request, see {@link ShimConnection.request}. */
  request(type: number, write: (writer: FieldWriter) => void): Promise<FieldReader>;
};

/**
 * Shims that are started before anyone needs them, as starting a program takes a good part of a millisecond. An
 * idle one waits for a message, and ends with this process.
 */
export class ShimPool {
  readonly #path: string;
  readonly #reserve: Reserve<SpawnedShim>;

  /** @param path the shim's executable */
  constructor(path: string) {
    this.#path = path;
    this.#reserve = new Reserve({
      make: () => this.#makeReady(),
      discard: ({ connection }) => connection.close(),
    });
  }

  /**
   * A shim that waits for its first request, with which it is given the descriptors; they stay the caller's.
   * @throws SyscallError
   */
  async take(descriptors: readonly number[]): Promise<FreshShim> {
    if (descriptors.length > MAX_PASSED) {
      const shim = await spawnShim({ path: this.#path, containerId: PLACEHOLDER, descriptors });
      return withoutDescriptors(shim);
    }
    const shim = await this.#reserve.take();
    if (descriptors.length === 0) return withoutDescriptors(shim);
    const { connection, socket } = shim;
    return {
      connection,
      request: (type, write) => connection.requestWith(socket, descriptors, type, write),
    };
  }

  /** As Reserve.refill. */
  refill(): void {
    this.#reserve.refill();
  }

  /** Ends the idle ones. */
  close(): void {
    this.#reserve.close();
  }

  async #makeReady(): Promise<SpawnedShim> {
    const shim = await spawnShim({ path: this.#path, containerId: PLACEHOLDER, descriptors: [] });
    shim.connection.socket.unref();
    void shim.connection.closed.then(() => this.#reserve.forget(shim));
    return shim;
  }
}

function withoutDescriptors({ connection }: SpawnedShim): FreshShim {
  return { connection, request: connection.request.bind(connection) };
}

/** The shim puts the container's id in its place, where ps(1) finds it. */
const PLACEHOLDER = '-'.repeat(64);

import { closeSync, openSync } from 'node:fs';
import { type SpawnOptions, spawn, spawnAsync, syscall } from '../../kernel/libc.ffi.ts';
import { sealShim } from './seal-shim.ts';

const AF_UNIX = 1;
const SOCK_STREAM_CLOEXEC = 0o2000001;

export type StartShimOptions = {
  path: string;
  /** Shown by ps(1). */
  containerId: string;
  /** Descriptors for the shim to keep, in order from its number 4. */
  descriptors: readonly number[];
};

export type StartedShim = { pid: number; socket: number };

/**
 * Starts a shim, which waits for a message on the socket, a descriptor that the caller closes. The caller reaps
 * the shim.
 * @throws SyscallError
 */
export function startShim(options: StartShimOptions): StartedShim {
  using start = new ShimStart(options);
  return start.result(spawn(start.spawnOptions));
}

/** As {@link startShim}, without holding up the calling thread. */
export async function startShimAsync(options: StartShimOptions): Promise<StartedShim> {
  using start = new ShimStart(options);
  return start.result(await spawnAsync(start.spawnOptions));
}

/** The descriptors that a start needs, until it is over. */
class ShimStart {
  readonly spawnOptions: SpawnOptions;
  readonly #open: number[];
  readonly #ours: number;
  #isStarted = false;

  constructor({ path, containerId, descriptors }: StartShimOptions) {
    const [ours, theirs] = socketPair();
    const nothing = openSync('/dev/null', 'r+');
    this.#ours = ours;
    this.#open = [theirs, nothing];
    this.spawnOptions = {
      path: sealShim(path),
      argv: ['slipway-shim', containerId],
      env: [],
      fds: [nothing, nothing, nothing, theirs, ...descriptors],
    };
  }

  result(pid: number): StartedShim {
    this.#isStarted = true;
    return { pid, socket: this.#ours };
  }

  [Symbol.dispose](): void {
    for (const descriptor of this.#open) closeSync(descriptor);
    if (!this.#isStarted) closeSync(this.#ours);
  }
}

/** Two connected stream sockets; the caller closes them. @throws SyscallError */
export function socketPair(): [number, number] {
  const pair = Buffer.alloc(8);
  syscall('socketpair', 'AF_UNIX', AF_UNIX, SOCK_STREAM_CLOEXEC, 0, pair);
  return [pair.readInt32LE(0), pair.readInt32LE(4)];
}

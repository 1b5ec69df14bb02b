import { closeSync, openSync, readSync } from 'node:fs';
import { type ReadFile, readHostFile } from './layout.ts';

const CHUNK_BYTES = 65_536;
/** Reads are synchronous, so one buffer does for all. */
const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
/** All others need descriptors too: these take no more than this share of what the process may have. */
const SHARE_OF_LIMIT = 1 / 4;
let held = 0;

/**
 * Reads control files over and over: each is opened at its first reading and stays open, since opening costs several
 * times the reading. A file that is missing then counts as missing from then on.
 */
export class HeldFiles {
  readonly #descriptors = new Map<string, number | undefined>();

  readonly read: ReadFile = path => {
    if (!this.#descriptors.has(path)) {
      if (held >= maxHeld()) return readHostFile(path);
      this.#hold(path);
    }
    const descriptor = this.#descriptors.get(path);
    return descriptor === undefined ? undefined : readWhole(descriptor);
  };

  /** Idempotent; what is read afterwards is opened anew. */
  close(): void {
    for (const descriptor of this.#descriptors.values()) if (descriptor !== undefined) closeSync(descriptor);
    held -= this.#descriptors.size;
    this.#descriptors.clear();
  }

  #hold(path: string): void {
    this.#descriptors.set(path, open(path));
    held++;
  }
}

let limit: number | undefined;

/** proc_pid_limits(5); Node raises its soft limit to the hard one when it starts, and nothing changes it later. */
function maxHeld(): number {
  limit ??= softLimit() * SHARE_OF_LIMIT;
  return limit;
}

function softLimit(): number {
  const [, soft = '1024'] = /^Max open files\s+(\d+)/m.exec(readHostFile('/proc/self/limits') ?? '') ?? [];
  return Number(soft);
}

function open(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch {
    return undefined;
  }
}

/** undefined (ENODEV) once the cgroup has been removed. */
function readWhole(descriptor: number): string | undefined {
  try {
    let text = '';
    for (let position = 0; ; position += CHUNK_BYTES) {
      const length = readSync(descriptor, chunk, 0, CHUNK_BYTES, position);
      text += chunk.toString('latin1', 0, length);
      if (length < CHUNK_BYTES) return text;
    }
  } catch {
    return undefined;
  }
}

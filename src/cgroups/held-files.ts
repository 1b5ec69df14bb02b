import { closeSync, openSync, readSync } from 'node:fs';
import { type ReadFile, readHostFile } from './layout.ts';

const CHUNK_BYTES = 65_536;
/** Reads are synchronous, so one buffer does for all. */
const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
/** All others need descriptors too: these take no more than this share of what the process may have. */
const SHARE_OF_LIMIT = 1 / 2;
/** How long what hardly ever changes counts as it was. */
const SETTLED_MS = 5000;
/** In place of a descriptor, of a file that is not there. */
const MISSING = -1;
let held = 0;

/**
 * Reads control files over and over: each is opened at its first reading and stays open, since opening costs several
 * times the reading. A file that is missing then counts as missing from then on.
 */
export class HeldFiles {
  readonly #settled = new Map<string, { at: number; text: string | undefined }>();
  readonly #descriptors = new Map<string, number>();

  readonly read: ReadFile = path => {
    const known = this.#descriptors.get(path);
    if (known === undefined && held >= maxHeld()) return readHostFile(path);
    const descriptor = known ?? this.#hold(path);
    return descriptor === MISSING ? undefined : readWhole(descriptor);
  };

  /** As {@link read}, of limits and the like: as they were 5 seconds ago at most, without a descriptor. */
  readonly readSettled: ReadFile = path => {
    const now = performance.now();
    const known = this.#settled.get(path);
    if (known !== undefined && now - known.at < SETTLED_MS) return known.text;
    const text = readHostFile(path);
    this.#settled.set(path, { at: now, text });
    return text;
  };

  /** What was settled has been changed. */
  unsettle(): void {
    this.#settled.clear();
  }

  /** Idempotent; what is read afterwards is opened anew. */
  close(): void {
    for (const descriptor of this.#descriptors.values()) if (descriptor !== MISSING) closeSync(descriptor);
    held -= this.#descriptors.size;
    this.#descriptors.clear();
    this.#settled.clear();
  }

  #hold(path: string): number {
    const descriptor = open(path);
    this.#descriptors.set(path, descriptor);
    held++;
    return descriptor;
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

function open(path: string): number {
  try {
    return openSync(path, 'r');
  } catch {
    return MISSING;
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

import { errorCode } from '../../base/errors.ts';
import { existsSync, readdirSync, readFileSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import type { RootedThreads } from '../../archive/rooted/rooted-threads.ts';

/** A directory that RUN's cache mounts of one id share. */
export type CacheMount = {
  /** Of its directory: a hash of the id. */
  name: string;
  id: string;
  sizeBytes: number;
  createdAtMs: number;
  lastUsedAtMs: number;
  isInUse: boolean;
};

/** The directories of cache mounts, and which of them steps are at work in. */
export class CacheMounts {
  readonly root: string;
  readonly #threads: RootedThreads;
  readonly #users = new Map<string, number>();

  constructor(root: string, threads: RootedThreads) {
    this.root = root;
    this.#threads = threads;
  }

  /** Keeps one from being removed while `task` goes on. */
  async using<T>(name: string, task: () => Promise<T>): Promise<T> {
    this.#users.set(name, (this.#users.get(name) ?? 0) + 1);
    try {
      return await task();
    } finally {
      const users = (this.#users.get(name) ?? 1) - 1;
      if (users > 0) this.#users.set(name, users);
      else this.#users.delete(name);
      this.#touch(name);
    }
  }

  #touch(name: string): void {
    const path = join(this.root, name, 'id');
    const now = new Date();
    if (existsSync(path)) utimesSync(path, now, now);
  }

  async list(): Promise<CacheMount[]> {
    if (!existsSync(this.root)) return [];
    const mounts: CacheMount[] = [];
    for (const name of readdirSync(this.root)) {
      const file = join(this.root, name, 'id');
      const stat = statSync(file, { throwIfNoEntry: false });
      // One that is being made has none yet.
      if (stat === undefined) continue;
      const sizeBytes = await this.#threads.run({ kind: 'measure-disk', root: join(this.root, name) });
      // It may have gone meanwhile.
      const id = sizeBytes === undefined ? undefined : textOf(file);
      if (sizeBytes === undefined || id === undefined) continue;
      mounts.push({
        name,
        id,
        sizeBytes,
        createdAtMs: stat.birthtimeMs,
        lastUsedAtMs: stat.mtimeMs,
        isInUse: this.#users.has(name),
      });
    }
    return mounts;
  }

  /** @returns whether it is gone: no step was at work in it */
  async remove(name: string): Promise<boolean> {
    if (this.#users.has(name)) return false;
    await this.#threads.run({ kind: 'remove', root: this.root, name });
    return true;
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

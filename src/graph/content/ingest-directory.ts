import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { makeDirectories } from '../../base/make-directories.ts';
import { digestOf, hexOf } from '../../base/digest.ts';
import { EngineError } from '../../base/errors.ts';
import { namesIn } from '../../base/names-in.ts';
import { Ingest, type IngestFiles } from './ingest.ts';

/** What can be resumed has this before the hash of its ref; beside it, with `.ref`, the ref itself. */
const RESUMABLE = 'ref-';
const REF = '.ref';
const STALE_MS = 24 * 60 * 60 * 1000;

/** Where content is written before it is whole. */
export class IngestDirectory {
  readonly #path: string;
  readonly #blobs: string;
  /** The files at work. */
  readonly #open = new Set<string>();

  /** Throws away what an earlier process did not finish, but for what can be resumed. */
  constructor(path: string, blobs: string) {
    this.#path = path;
    this.#blobs = blobs;
    this.#makeDirectories();
    for (const name of this.leftovers()) this.remove(name);
  }

  create(): Ingest {
    return Ingest.create(this.#files(this.#newName()));
  }

  /** Not to become content. The caller discards it, also when it has been moved away. */
  createFile(): { path: string; fd: number; discard(): void } {
    const name = this.#newName();
    const path = `${this.#path}/${name}`;
    const fd = openSync(path, 'wx+', 0o600);
    const discard = () => {
      if (!this.#open.delete(name)) return;
      closeSync(fd);
      rmSync(path, { force: true });
    };
    return { path, fd, discard };
  }

  #newName(): string {
    this.#makeDirectories();
    const name = randomBytes(12).toString('hex');
    this.#open.add(name);
    return name;
  }

  /** Programs that clean up empty directories may have removed them meanwhile. */
  #makeDirectories(): void {
    for (const directory of [this.#path, this.#blobs]) makeDirectories(directory, 0o700);
  }

  /** @throws EngineError conflict */
  async resume(ref: string): Promise<Ingest> {
    this.#makeDirectories();
    const name = RESUMABLE + hexOf(digestOf(ref));
    for (const leftover of this.leftovers()) this.remove(leftover);
    if (this.#open.has(name)) throw new EngineError('conflict', `the ingest ${ref} is being written`);
    this.#open.add(name);
    writeFileSync(`${this.#path}/${name}${REF}`, ref, { mode: 0o600 });
    return Ingest.resume(this.#files(name));
  }

  #files(name: string): IngestFiles {
    return {
      path: `${this.#path}/${name}`,
      blobs: this.#blobs,
      onEnd: outcome => {
        this.#open.delete(name);
        if (outcome === 'gone') rmSync(`${this.#path}/${name}${REF}`, { force: true });
      },
    };
  }

  unfinished(): { ref: string; sizeBytes: number; updatedAt: Date }[] {
    return namesIn(this.#path)
      .filter(name => name.startsWith(RESUMABLE) && name.endsWith(REF))
      .flatMap(name => {
        const stat = statSync(`${this.#path}/${name.slice(0, -REF.length)}`, { throwIfNoEntry: false });
        const ref = readFileSync(`${this.#path}/${name}`, 'utf8');
        return stat === undefined ? [] : [{ ref, sizeBytes: stat.size, updatedAt: stat.mtime }];
      });
  }

  /** Names of abandoned files. */
  leftovers(): string[] {
    return namesIn(this.#path).filter(name => {
      const ingest = name.endsWith(REF) ? name.slice(0, -REF.length) : name;
      if (this.#open.has(ingest)) return false;
      if (!name.startsWith(RESUMABLE)) return true;
      const stat = statSync(`${this.#path}/${ingest}`, { throwIfNoEntry: false });
      return stat === undefined || stat.mtimeMs < Date.now() - STALE_MS;
    });
  }

  remove(name: string): void {
    rmSync(`${this.#path}/${name}`, { recursive: true, force: true });
  }
}

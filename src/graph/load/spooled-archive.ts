import { readSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { absoluteEntryPath, parentOf } from '../../archive/archive-path.ts';
import { boundedGarbage } from '../../archive/bounded-garbage.ts';
import { decompressed } from '../../archive/compression.ts';
import type { TarEntry } from '../../archive/tar-entry.ts';
import { TarReader } from '../../archive/tar-reader.ts';
import { EngineError } from '../../base/errors.ts';
import type { ContentStore } from '../content/content-store.ts';
import type { Ingest } from '../content/ingest.ts';

/** Manifests, configurations and the like have less; what has more is not read as JSON. */
const MAXIMUM_JSON_BYTES = 16 * 1024 * 1024;
const MAXIMUM_LINKS = 8;

/**
 * The files of an image archive, by path and by digest, each in the content store's temporary directory. Their
 * order in the archive does not matter then. `discard` removes all that was not committed.
 */
export class SpooledArchive {
  readonly #content: ContentStore;
  readonly #files = new Map<string, Ingest>();
  /** docker save used to store a layer that occurs twice as a link. */
  readonly #links = new Map<string, string>();
  #current: Ingest | undefined;

  private constructor(content: ContentStore) {
    this.#content = content;
  }

  /** @throws EngineError invalid-parameter for a malformed archive; nothing is left then */
  static async read(content: ContentStore, source: Readable): Promise<SpooledArchive> {
    const archive = new SpooledArchive(content);
    const reader = new TarReader({
      entry: entry => archive.#entry(entry),
      data: (chunk, offset) => archive.#data(chunk, offset),
      end: () => undefined,
    });
    try {
      for await (const chunk of boundedGarbage(decompressed(source))) reader.write(chunk);
      reader.finish();
    } catch (error) {
      archive.discard();
      throw error;
    }
    return archive;
  }

  #entry(entry: TarEntry): void {
    const path = absoluteEntryPath(entry.path);
    this.#current = undefined;
    if (entry.type === 'file') {
      this.#files.get(path)?.discard();
      this.#current = this.#content.ingest();
      this.#files.set(path, this.#current);
    } else if (entry.type === 'symlink')
      this.#links.set(path, absoluteEntryPath(`${parentOf(path)}/${entry.linkPath}`));
    else if (entry.type === 'hardlink') this.#links.set(path, absoluteEntryPath(entry.linkPath));
  }

  #data(chunk: Buffer, offset: number): void {
    const ingest = this.#current;
    if (ingest === undefined) return;
    if (offset !== ingest.sizeBytes)
      throw new EngineError('invalid-parameter', 'an image archive must not hold sparse files');
    ingest.write(chunk);
  }

  /** The file at `path`, relative to the archive's root. */
  file(path: string): Ingest | undefined {
    let absolute = absoluteEntryPath(Buffer.from(path).toString('latin1'));
    for (let links = 0; links < MAXIMUM_LINKS; links++) {
      const found = this.#files.get(absolute);
      const target = this.#links.get(absolute);
      if (found !== undefined || target === undefined) return found;
      absolute = target;
    }
    return undefined;
  }

  withDigest(digest: string): Ingest | undefined {
    return this.#files.values().find(file => file.digest === digest);
  }

  /** The files' paths, without the first slash. */
  paths(): string[] {
    return [...this.#files.keys()].map(path => path.slice(1));
  }

  /** The object in a JSON file; undefined when there is no such file. @throws EngineError invalid-parameter */
  json(path: string): unknown {
    const file = this.file(path);
    return file === undefined ? undefined : parseJson(readFully(file), path);
  }

  discard(): void {
    for (const file of this.#files.values()) file.discard();
  }
}

/** All bytes of a small file. @throws EngineError invalid-parameter when it is not small */
export function readFully({ fd, sizeBytes }: { fd: number; sizeBytes: number }): Buffer {
  if (sizeBytes > MAXIMUM_JSON_BYTES)
    throw new EngineError('invalid-parameter', `a JSON file of ${sizeBytes} bytes is too large`);
  const data = Buffer.alloc(sizeBytes);
  for (let done = 0; done < sizeBytes; ) {
    const count = readSync(fd, data, done, sizeBytes - done, done);
    if (count === 0) break;
    done += count;
  }
  return data;
}

/** @throws EngineError invalid-parameter when it is no JSON object or array */
export function parseJson(data: Buffer, what: string): object {
  try {
    const value: unknown = JSON.parse(data.toString());
    if (typeof value === 'object' && value !== null) return value;
  } catch (cause) {
    throw new EngineError('invalid-parameter', `invalid JSON in ${what}: ${(cause as Error).message}`, {
      cause,
    });
  }
  throw new EngineError('invalid-parameter', `invalid JSON in ${what}: not an object`);
}

import { readSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { absoluteEntryPath, parentOf } from '../../../archive/archive-path.ts';
import { boundedGarbage } from '../../../archive/bounded-garbage.ts';
import { decompressed } from '../../../archive/compression.ts';
import type { TarEntry } from '../../../archive/tar/tar-entry.ts';
import { TarReader } from '../../../archive/tar/tar-reader.ts';
import type { Digest } from '../../../base/digest.ts';
import { EngineError } from '../../../base/errors.ts';
import type { Decoder } from '../../../base/go/decode.ts';
import { JsonError, parseGoJson } from '../../../base/go/json.ts';
import { TimeSlice } from '../../../base/time-slice.ts';
import type { ContentStore } from '../../content/content-store.ts';
import type { Ingest } from '../../content/ingest.ts';

/** Manifests, configurations and the like have less; what has more is not read as JSON. */
const MAXIMUM_JSON_BYTES = 4 * 1024 * 1024;
const MAXIMUM_LINKS = 8;
/** With links. An archive of hundreds of images has fewer. */
const MAXIMUM_FILES = 32_768;

/**
 * The files of an image archive, by path and by digest, each in the content store's temporary directory. Their
 * order in the archive does not matter then. `discard` removes all that was not committed.
 */
export class SpooledArchive {
  readonly #content: ContentStore;
  readonly #files = new Map<string, Ingest>();
  /** docker save used to store a layer that occurs twice as a link. */
  readonly #links = new Map<string, string>();
  #byDigest: Map<Digest, Ingest> | undefined;
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
      await archive.discard();
      throw error;
    }
    return archive;
  }

  #entry(entry: TarEntry): void {
    const path = absoluteEntryPath(entry.path);
    this.#current?.rest();
    this.#current = undefined;
    if (this.#files.size + this.#links.size >= MAXIMUM_FILES)
      throw new EngineError('invalid-parameter', `an image archive has at most ${MAXIMUM_FILES} files`);
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

  /** The file with that digest. For archives that have been read to their end. */
  withDigest(digest: string): Ingest | undefined {
    this.#byDigest ??= new Map(this.#files.values().map(file => [file.digest, file]));
    return this.#byDigest.get(digest as Digest);
  }

  /** The files' paths, without the first slash. */
  paths(): string[] {
    return [...this.#files.keys()].map(path => path.slice(1));
  }

  /** What a JSON file holds; undefined when there is no such file. @throws EngineError invalid-parameter */
  json<T>(path: string, decoder: Decoder<T>): T | undefined {
    const file = this.file(path);
    if (file === undefined) return undefined;
    try {
      return decoder(parseGoJson(readFully(file).toString()), path);
    } catch (error) {
      if (!(error instanceof JsonError)) throw error;
      throw new EngineError('invalid-parameter', `invalid JSON in ${path}: ${error.message}`);
    }
  }

  async discard(): Promise<void> {
    const slice = new TimeSlice();
    for (const file of this.#files.values()) {
      file.discard();
      if (slice.isOver) await slice.pause();
    }
  }
}

/** All bytes of a small file. @throws EngineError invalid-parameter when it is not small */
export function readFully(file: Ingest): Buffer {
  const { sizeBytes } = file;
  if (sizeBytes > MAXIMUM_JSON_BYTES)
    throw new EngineError('invalid-parameter', `a JSON file of ${sizeBytes} bytes is too large`);
  const data = Buffer.alloc(sizeBytes);
  for (let done = 0; done < sizeBytes; ) {
    const count = readSync(file.fd, data, done, sizeBytes - done, done);
    if (count === 0) break;
    done += count;
  }
  file.rest();
  return data;
}

import { closeSync, constants, createReadStream, fstatSync, type ReadStream } from 'node:fs';
import { createHash, type Hash } from 'node:crypto';
import { Readable } from 'node:stream';
import { decompressed } from '../../archive/compression.ts';
import { BLOCK_BYTES, decodeHeader } from '../../archive/tar/tar-header.ts';
import { extractFrom } from '../../archive/rooted/extract-from.ts';
import { EngineError, messageOf } from '../../base/errors.ts';
import { openInRoot } from '../../kernel/open-beneath.ts';
import { openRoot } from '../../kernel/thread-root.ts';
import { type Build, temporaryDirectory } from '../build.ts';
import type { BuilderParts } from '../builder-parts.ts';
import type { SourceTree } from './source-tree.ts';

const { O_RDONLY, O_NONBLOCK } = constants;

/**
 * The files of an archive, compressed or not, in a directory of their own; undefined for what is none.
 * @throws EngineError invalid-parameter for one that is broken
 */
export async function unpackedArchive(
  build: Build,
  directory: string,
  path: string,
): Promise<SourceTree | undefined> {
  const fd = openFile(directory, path);
  try {
    if (!(await isArchive(fd))) return undefined;
    const unpacked = temporaryDirectory(build);
    try {
      await extractContext(build.parts, fd, unpacked);
    } catch (cause) {
      throw new EngineError('invalid-parameter', `failed to unpack ${path}: ${messageOf(cause)}`, { cause });
    }
    return { kind: 'directory', path: unpacked };
  } finally {
    closeSync(fd);
  }
}

/**
 * Unpacks an archive, compressed or not, that can name nothing outside of the directory.
 * @returns what was unpacked is known by: equal archives have the same, times included
 */
export async function extractContext(
  { threads }: Pick<BuilderParts, 'threads'>,
  archive: number | Readable,
  directory: string,
): Promise<string> {
  const content =
    typeof archive === 'number' ? createReadStream(`/proc/self/fd/${archive}`, { start: 0 }) : archive;
  const hash = createHash('sha256');
  const hashed = Readable.from(hashing(content.iterator({ destroyOnReturn: false }), hash), {
    objectMode: false,
  });
  await extractFrom(threads, hashed, inputFd => ({
    kind: 'extract',
    view: { root: { kind: 'directory', path: directory }, uncovered: [], mounts: [], readonlyRoot: false },
    path: '/',
    inputFd,
    unpack: {},
    mounts: [],
    readonlyRoot: false,
  }));
  return hash.digest('hex');
}

async function* hashing(chunks: AsyncIterable<Buffer>, hash: Hash): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}

function openFile(directory: string, path: string): number {
  const root = openRoot(directory);
  try {
    const fd = openInRoot(root, path, O_RDONLY | O_NONBLOCK);
    if (fd < 0) throw new EngineError('not-found', `${JSON.stringify(path)}: not found`);
    return fd;
  } finally {
    closeSync(root);
  }
}

/** Tells by its first entry. What is compressed, but has none, is a file as others are: a dump, say. */
export async function isArchive(fd: number): Promise<boolean> {
  if (!fstatSync(fd).isFile()) return false;
  const header = await firstBlock(createReadStream(`/proc/self/fd/${fd}`, { start: 0 }));
  try {
    return header !== undefined && decodeHeader(header) !== undefined;
  } catch {
    return false;
  }
}

/** Of what the stream has, decompressed; undefined where there is not so much. */
async function firstBlock(stream: ReadStream): Promise<Buffer | undefined> {
  let start = Buffer.alloc(0);
  try {
    for await (const chunk of decompressed(stream)) {
      start = Buffer.concat([start, chunk]);
      if (start.length >= BLOCK_BYTES) return start.subarray(0, BLOCK_BYTES);
    }
  } catch (error) {
    // It is a file of some other kind.
    if (!(error instanceof EngineError) || error.kind !== 'invalid-parameter') throw error;
  } finally {
    stream.destroy();
  }
  return undefined;
}

import { closeSync, fstatSync, readSync } from 'node:fs';
import { posix } from 'node:path';
import { EngineError, errorCode } from '../../base/errors.ts';
import { goFileMessage } from '../../base/go-file-error.ts';
import { enterDirectory, openRoot, workingDirectory } from '../../kernel/thread-root.ts';
import { inGoWords } from './path-stat.ts';
import type { TarEntry } from '../tar/tar-entry.ts';
import { TarReader } from '../tar/tar-reader.ts';
import { TreeUnpacker, type UnpackOptions } from '../trees/tree-unpacker.ts';
import { openInView } from './view-path.ts';

export type ExtractOptions = {
  /** A directory in the calling thread's root, links followed. */
  path: string;
  /** Blocking, uncompressed, read to its end. */
  inputFd: number;
  unpack: Pick<UnpackOptions, 'keepKinds' | 'owner'>;
  /** Mounts of the container, and whether they may be written to. */
  mounts: { destination: string; writable: boolean }[];
  readonlyRoot: boolean;
};

const CHUNK_BYTES = 256 * 1024;

/**
 * Unpacks a tar into a directory of the calling thread's root, as Docker's `PUT /containers/ID/archive`.
 * @throws EngineError in Docker's words: not-found for the directory, invalid-parameter when it is none or may not
 *   be written to, system for what the file system refuses
 */
export function extractStream({ path, inputFd, unpack, mounts, readonlyRoot }: ExtractOptions): void {
  const fd = inGoWords(() => openInView(posix.join('/', path)));
  try {
    if (!fstatSync(fd).isDirectory())
      throw new EngineError('invalid-parameter', 'extraction point is not a directory');
    enterDirectory(fd);
    const directory = workingDirectory();
    checkWritable(directory, mounts, readonlyRoot);
    unpackStream(inputFd, fd, { ...unpack, stays: directory });
  } finally {
    closeSync(fd);
  }
}

/**
 * Unpacks into a directory of the host, as the caller's own files, and follows no link that the archive may have made.
 * @throws EngineError system, in Docker's words
 */
export function extractToHost(options: {
  directory: string;
  rename: { from: string; to: string };
  inputFd: number;
}): void {
  const { directory, rename, inputFd } = options;
  const { from, to } = { from: bytes(rename.from), to: bytes(rename.to) };
  const renamed = (path: string) => (path.startsWith(from) ? to + path.slice(from.length) : path);
  const unpack = { stays: directory, keepKinds: true, owner: 'caller', refuseLinks: true } as const;
  const fd = inGoWords(() => openRoot(directory));
  try {
    unpackStream(inputFd, fd, unpack, entry => {
      entry.path = renamed(entry.path);
      if (entry.type === 'hardlink') entry.linkPath = renamed(entry.linkPath);
    });
  } finally {
    closeSync(fd);
  }
}

function unpackStream(
  inputFd: number,
  directory: number,
  { stays, ...options }: Omit<UnpackOptions, 'whiteouts'> & { stays: string },
  change: (entry: TarEntry) => void = () => undefined,
): void {
  const name = bytes(stays.replace(/\/+$/, ''));
  const unpacker = new TreeUnpacker(directory, { ...options, whiteouts: 'keep', stays: name });
  const reader = new TarReader({
    entry: entry => {
      change(entry);
      unpacker.entry(entry);
    },
    data: (chunk, offset) => unpacker.data(chunk, offset),
    end: () => unpacker.end(),
  });
  try {
    readInto(reader, inputFd);
    unpacker.finish();
  } catch (error) {
    // The unpacker's own words are for layers.
    if (!(error instanceof EngineError) || errorCode(error.cause) === undefined) throw error;
    throw new EngineError(error.kind, goFileMessage(error.cause), { cause: error.cause });
  } finally {
    unpacker.close();
  }
}

function checkWritable(directory: string, mounts: ExtractOptions['mounts'], readonlyRoot: boolean): void {
  const isWithin = (destination: string) =>
    directory === destination || directory.startsWith(`${destination}/`);
  const mount = mounts
    .filter(({ destination }) => isWithin(destination))
    .sort((a, b) => b.destination.length - a.destination.length)[0];
  if (mount?.writable === false)
    throw new EngineError('invalid-parameter', 'mounted volume is marked read-only');
  if (mount === undefined && readonlyRoot)
    throw new EngineError('invalid-parameter', 'container rootfs is marked read-only');
}

function readInto(reader: TarReader, fd: number): void {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  for (;;) {
    const count = readSync(fd, buffer, 0, CHUNK_BYTES, null);
    if (count === 0) return reader.finish();
    reader.write(buffer.subarray(0, count));
  }
}

/** Latin1, as archives have it. */
const bytes = (path: string) => Buffer.from(path).toString('latin1');

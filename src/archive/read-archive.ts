import { readSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { EngineError, errorCode, messageOf } from '../base/errors.ts';
import { type Compression, createDecompressor } from './compression.ts';
import { awaitGrowth, type Growth, growthBeyond } from './growth.ts';
import { PassedFile } from '../kernel/passed-file.ts';
import { readDescriptor } from './read-descriptor.ts';

const CHUNK_BYTES = 512 * 1024;

export type ArchiveSource = {
  /** An open file, read from its beginning. */
  archiveFd: number;
  compression: Compression;
  /** For an archive that is still being written: what has been read of it goes to the disk, and out of memory. */
  growth?: Growth | undefined;
};

/**
 * Gives the bytes of an archive, decompressed, to `take`, each chunk valid during the call only. It names no path,
 * so it may be used in a rooted thread. `progress` gets the number of (compressed) bytes that have been read.
 * @throws EngineError invalid-parameter when it is corrupt; what `take` throws
 */
export async function readArchive(
  source: ArchiveSource,
  take: (chunk: Buffer) => void,
  progress: (bytes: number) => void,
): Promise<void> {
  if (source.compression === 'none') readPlain(source, take, progress);
  else await readCompressed(source, take, progress);
}

function readPlain(
  { archiveFd, growth }: ArchiveSource,
  take: (chunk: Buffer) => void,
  progress: (bytes: number) => void,
): void {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  const written = growth && new PassedFile(archiveFd);
  let position = 0;
  for (;;) {
    const end = growth === undefined ? Number.POSITIVE_INFINITY : awaitGrowth(growth, position);
    const count = readSync(archiveFd, buffer, 0, Math.min(CHUNK_BYTES, end - position), position);
    if (count === 0) return;
    position += count;
    take(buffer.subarray(0, count));
    written?.passed(position);
    progress(position);
  }
}

async function readCompressed(
  { archiveFd, compression, growth }: ArchiveSource,
  take: (chunk: Buffer) => void,
  progress: (bytes: number) => void,
): Promise<void> {
  let bytes = 0;
  const source = async function* () {
    const chunks = growth === undefined ? readDescriptor(archiveFd) : readGrowing(archiveFd, growth);
    for await (const chunk of chunks) {
      progress((bytes += chunk.length));
      yield chunk;
    }
  };
  try {
    await pipeline(source, createDecompressor(compression), async chunks => {
      for await (const chunk of chunks) take(chunk as Buffer);
    });
  } catch (error) {
    if (!/^(Z_|ZSTD_|ERR_ZLIB)/.test(errorCode(error) ?? '')) throw error;
    throw new EngineError('invalid-parameter', `corrupt compressed layer: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** As readDescriptor, of a file that is being written. */
async function* readGrowing(fd: number, growth: Growth): AsyncGenerator<Buffer> {
  const written = new PassedFile(fd);
  for (let position = 0; ; written.passed(position)) {
    const end = await growthBeyond(growth, position);
    const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, end - position));
    const count = readSync(fd, buffer, 0, buffer.length, position);
    if (count === 0) return;
    position += count;
    yield buffer.subarray(0, count);
  }
}

import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';
import { createDecompressor } from './compression.ts';
import type { UnpackJob, UnpackResult } from './rooted-jobs.ts';
import { readDescriptor } from './read-descriptor.ts';
import { TarReader } from './tar-reader.ts';
import { TreeUnpacker } from './tree-unpacker.ts';
import type { Digest } from '../base/digest.ts';
import { EngineError, errorCode, messageOf } from '../base/errors.ts';
import { pipeline } from 'node:stream/promises';

const CHUNK_BYTES = 512 * 1024;

/**
 * Does an {@link UnpackJob} in a thread that has entered its root already. `progress` gets the number of bytes
 * of the (compressed) archive that have been read so far, about once a megabyte.
 * @throws EngineError invalid-parameter for a bad archive, system when the file system refuses
 */
export async function unpackArchive(
  job: UnpackJob,
  progress: (bytes: number) => void,
): Promise<UnpackResult> {
  const unpacker = new TreeUnpacker(job);
  const reader = new TarReader(unpacker);
  const hash = job.diffId === undefined ? createHash('sha256') : undefined;
  const take = (chunk: Buffer) => {
    hash?.update(chunk);
    reader.write(chunk);
  };
  try {
    if (job.compression === 'none') readPlain(job.archiveFd, take, progress);
    else await readCompressed(job, take, progress);
    reader.finish();
    unpacker.finish();
  } finally {
    unpacker.close();
  }
  const { sizeBytes, entryCount } = unpacker;
  const diffId: Digest = job.diffId ?? `sha256:${hash?.digest('hex')}`;
  return { diffId, sizeBytes, entryCount };
}

function readPlain(fd: number, take: (chunk: Buffer) => void, progress: (bytes: number) => void): void {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let position = 0;
  for (;;) {
    const count = readSync(fd, buffer, 0, CHUNK_BYTES, position);
    if (count === 0) return;
    position += count;
    take(buffer.subarray(0, count));
    progress(position);
  }
}

async function readCompressed(
  { archiveFd, compression }: UnpackJob,
  take: (chunk: Buffer) => void,
  progress: (bytes: number) => void,
): Promise<void> {
  let bytes = 0;
  const source = async function* () {
    for await (const chunk of readDescriptor(archiveFd)) {
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

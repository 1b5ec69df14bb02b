import { createHash } from 'node:crypto';
import { readSync, writeSync } from 'node:fs';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Digest } from '../../base/digest.ts';
import { readArchive } from '../read-archive.ts';
import type { FollowRecipeJob, MakeRecipeJob } from './rooted-jobs.ts';
import { TarRecipeReader, TarRecipeWriter } from '../tar/tar-recipe.ts';

/** Records are compressed in blocks of about this size, each with its compressed length (u32) before it. */
const BLOCK_BYTES = 1024 * 1024;

/**
 * Does a {@link MakeRecipeJob} in a thread that has entered the tree.
 * @returns the digest of the uncompressed tar
 */
export async function makeRecipe(job: MakeRecipeJob): Promise<Digest> {
  const hash = createHash('sha256');
  let block: Buffer[] = [];
  let blockBytes = 0;
  const flush = () => {
    const data = zstdCompressSync(Buffer.concat(block));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    writeFully(job.outputFd, Buffer.concat([length, data]));
    block = [];
    blockBytes = 0;
  };
  const writer = new TarRecipeWriter(record => {
    block.push(record);
    blockBytes += record.length;
    if (blockBytes >= BLOCK_BYTES) flush();
  }, job.trustsTree);
  try {
    await readArchive(
      job,
      chunk => {
        hash.update(chunk);
        writer.write(chunk);
      },
      () => undefined,
    );
    writer.finish();
  } finally {
    writer.close();
  }
  if (blockBytes > 0) flush();
  return `sha256:${hash.digest('hex')}`;
}

/** Does a {@link FollowRecipeJob} in a thread that has entered the tree. */
export function followRecipe({ recipeFd, position, outputFd }: FollowRecipeJob): void {
  const reader = new TarRecipeReader(data => writeFully(outputFd, data));
  let at = position;
  for (;;) {
    const head = readAt(recipeFd, 4, at);
    if (head.length < 4) break;
    const length = head.readUInt32BE();
    reader.write(zstdDecompressSync(readAt(recipeFd, length, at + 4)));
    at += 4 + length;
  }
  reader.finish();
}

function readAt(fd: number, length: number, position: number): Buffer {
  const data = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const count = readSync(fd, data, done, length - done, position + done);
    if (count === 0) break;
    done += count;
  }
  return data.subarray(0, done);
}

function writeFully(fd: number, data: Buffer): void {
  for (let done = 0; done < data.length; ) done += writeSync(fd, data, done);
}

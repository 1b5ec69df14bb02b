import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';
import type { Digest } from '../../base/digest.ts';

const CHUNK_BYTES = 1024 * 1024;

/** The digest and size of an open file; `progress` gets the bytes read so far. Blocks: for worker threads. */
export function hashFile(
  fd: number,
  progress: (bytes: number) => void,
): { digest: Digest; sizeBytes: number } {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let position = 0; ; ) {
    const count = readSync(fd, buffer, 0, CHUNK_BYTES, position);
    if (count === 0) return { digest: `sha256:${hash.digest('hex')}`, sizeBytes: position };
    hash.update(buffer.subarray(0, count));
    position += count;
    progress(position);
  }
}

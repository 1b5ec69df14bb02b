import { read } from 'node:fs';
import { promisify } from 'node:util';

const readAsync = promisify(read);
const CHUNK_BYTES = 256 * 1024;

/**
 * The bytes of an open file from its beginning, each chunk in memory of its own. Unlike a ReadStream it never
 * closes the descriptor; and as it names no path, it may be used in a rooted thread.
 */
export async function* readDescriptor(fd: number): AsyncGenerator<Buffer> {
  for (let position = 0; ; ) {
    const { bytesRead, buffer } = await readAsync(
      fd,
      Buffer.allocUnsafe(CHUNK_BYTES),
      0,
      CHUNK_BYTES,
      position,
    );
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** The bytes of an open file from `start` to before `end`, or to its end where that comes first. */
export async function* readRange(fd: number, start: number, end: number): AsyncGenerator<Buffer> {
  for (let position = start; position < end; ) {
    const length = Math.min(CHUNK_BYTES, end - position);
    const { bytesRead, buffer } = await readAsync(fd, Buffer.allocUnsafe(length), 0, length, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

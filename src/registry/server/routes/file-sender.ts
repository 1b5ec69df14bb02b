import type { ServerResponse } from 'node:http';
import type { FileHandle } from 'node:fs/promises';
import { EngineError } from '../../../base/errors.ts';
import type { ByteRange } from './byte-range.ts';

/** Large pieces: each costs a turn of the pool and of the loop. Two of them are at work for each answer. */
const PIECE_BYTES = 256 * 1024;
/** Where more than so many answers are on their way, memory counts more. */
const MANY = 64;
const SMALL_PIECE_BYTES = 64 * 1024;

/** Sends parts of files as the rest of answers whose heads have been written. */
export class FileSender {
  #active = 0;

  /**
   * One piece is read while the one before it is sent. When that fails the connection is to be broken off: the client must
   * not take what it has for the whole. Settles when all is handed over, or the client has gone.
   */
  async send(response: ServerResponse, file: FileHandle, range: ByteRange): Promise<void> {
    const pieceBytes = this.#active >= MANY ? SMALL_PIECE_BYTES : PIECE_BYTES;
    this.#active++;
    try {
      await sendPieces(response, file, { ...range, pieceBytes });
    } finally {
      this.#active--;
    }
  }
}

async function sendPieces(
  response: ServerResponse,
  file: FileHandle,
  { start, end, pieceBytes }: ByteRange & { pieceBytes: number },
): Promise<void> {
  const size = Math.min(pieceBytes, end - start);
  const count = end - start > size ? 2 : 1;
  const buffers = Array.from({ length: count }, () => Buffer.allocUnsafe(size));
  const sent: Promise<boolean>[] = buffers.map(() => Promise.resolve(true));
  for (let position = start, turn = 0; position < end; turn = (turn + 1) % buffers.length) {
    const buffer = buffers[turn];
    // Its bytes have to be out before others take their place.
    if (buffer === undefined || !(await sent[turn])) break;
    const { bytesRead } = await file.read(buffer, 0, Math.min(size, end - position), position);
    if (bytesRead === 0) throw new EngineError('data-loss', 'a blob ends before its size');
    position += bytesRead;
    sent[turn] = write(response, buffer.subarray(0, bytesRead));
  }
  await Promise.all(sent);
  response.end();
}

/** Settles when the bytes have been handed to the kernel; false when the client has gone. */
function write(response: ServerResponse, data: Buffer): Promise<boolean> {
  if (response.destroyed || response.socket?.destroyed !== false) return Promise.resolve(false);
  return new Promise(resolve => {
    const gone = () => resolve(false);
    response.once('close', gone);
    response.write(data, error => {
      response.off('close', gone);
      resolve(error === null || error === undefined);
    });
  });
}

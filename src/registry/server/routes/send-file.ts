import type { ServerResponse } from 'node:http';
import type { FileHandle } from 'node:fs/promises';
import { EngineError } from '../../../base/errors.ts';

/** Large pieces: each costs a turn of the pool and of the loop. Two of them are at work for each answer. */
const PIECE_BYTES = 256 * 1024;

/**
 * Sends a part of a file as the rest of an answer whose head has been written. One piece is read while the one before it
 * is sent. When that fails the connection is broken off: the client must not take what it has for the whole. Settles when
 * all is handed over, or the client has gone.
 */
export async function sendFile(
  response: ServerResponse,
  file: FileHandle,
  { start, end }: { start: number; end: number },
): Promise<void> {
  const size = Math.min(PIECE_BYTES, end - start);
  const buffers =
    end - start > size ? [Buffer.allocUnsafe(size), Buffer.allocUnsafe(size)] : [Buffer.allocUnsafe(size)];
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

import type { FileHandle } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { EngineError, SyscallError } from '../../../base/errors.ts';
import { sendFile } from '../../../kernel/send-file.ts';
import type { RegistryExchange } from '../registry-exchange.ts';
import type { ByteRange } from './byte-range.ts';

/** What goes through Node at once. */
const PIECE_BYTES = 64 * 1024;
/** Of what is encrypted all goes through Node: each piece costs a turn of the pool and of the loop. */
const ENCRYPTED_PIECE_BYTES = 256 * 1024;
/** What a thread of the pool sends before others have their turn. */
const TURN_BYTES = 16 * 1024 * 1024;

/**
 * Sends a part of a file as the rest of an answer whose head has been written. When that fails the connection is to be broken off: the client must
 * not take what it has for the whole. Settles when all is handed over, or the client has gone.
 *
 * The kernel sends the file itself, as far as the socket takes it. A piece that goes through Node in between
 * tells when it takes more, since Node has no other way to learn that.
 */
export async function sendFilePart(
  exchange: RegistryExchange,
  file: FileHandle,
  { start, end }: ByteRange,
): Promise<void> {
  const { response } = exchange;
  const { socket } = exchange.request;
  const pieceBytes = isEncrypted(socket) ? ENCRYPTED_PIECE_BYTES : PIECE_BYTES;
  const buffer = Buffer.allocUnsafe(Math.min(pieceBytes, end - start));
  for (let position = start; position < end; ) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, end - position), position);
    if (bytesRead === 0) throw new EngineError('data-loss', 'a blob ends before its size');
    if (!(await write(response, buffer.subarray(0, bytesRead)))) return;
    position += bytesRead;
    const sent = await sendDirectly(socket, file, { start: position, end });
    position += sent;
    exchange.sentByKernel += sent;
  }
  response.end();
}

/** Settles when the bytes have been handed to the kernel; false when the client has gone. */
function write(response: ServerResponse, data: Buffer): Promise<boolean> {
  // Not the response's own, which it has only once the answers before it are out.
  const { socket } = response.req;
  if (socket.destroyed) return Promise.resolve(false);
  return new Promise(resolve => {
    const gone = () => resolve(false);
    socket.once('close', gone);
    response.write(data, error => {
      socket.off('close', gone);
      resolve(error === null || error === undefined);
    });
  });
}

/** @returns how many bytes; none when the client has gone */
async function sendDirectly(socket: Socket, file: FileHandle, { start, end }: ByteRange): Promise<number> {
  const { _handle: handle } = socket as Socket & { _handle?: { fd?: number } | null };
  const length = Math.min(end - start, TURN_BYTES);
  if (isEncrypted(socket) || handle?.fd === undefined || handle.fd < 0 || length === 0) return 0;
  try {
    return await sendFile(handle.fd, file.fd, { start, length });
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    // What is wrong, with the client or with the file, Node finds with the next piece. If only this way is barred, as in some
    // file systems, Node sends all of it.
    return 0;
  }
}

function isEncrypted(socket: Socket): boolean {
  return 'encrypted' in socket;
}

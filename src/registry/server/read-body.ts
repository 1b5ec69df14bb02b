import type { IncomingMessage } from 'node:http';
import { DistributionError } from './distribution-error.ts';

/** A body that goes on is let go on, unless it comes so slowly that it only occupies a place. */
const WINDOW_MS = 60_000;
const LEAST_BYTES = 1024;

/** The pieces of a request's body. @throws DistributionError BLOB_UPLOAD_INVALID for less than 1 KiB in a minute */
export async function* pacedBody(request: IncomingMessage): AsyncGenerator<Buffer> {
  let bytes = 0;
  let isSlow = false;
  const timer = setInterval(() => {
    if (bytes < LEAST_BYTES && !request.isPaused()) {
      isSlow = true;
      request.destroy();
    }
    bytes = 0;
  }, WINDOW_MS);
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      bytes += (chunk as Buffer).length;
      yield chunk as Buffer;
    }
  } catch (error) {
    throw isSlow ? new DistributionError('BLOB_UPLOAD_INVALID', 'the body comes too slowly') : error;
  } finally {
    clearInterval(timer);
  }
}

/** A body as a whole. @throws DistributionError SIZE_INVALID for more than `maximumBytes` */
export async function readBody(request: IncomingMessage, maximumBytes: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > maximumBytes) throw tooLarge(maximumBytes);
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of pacedBody(request)) {
    length += chunk.length;
    if (length > maximumBytes) throw tooLarge(maximumBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

function tooLarge(maximumBytes: number): DistributionError {
  return new DistributionError('SIZE_INVALID', `the body has more than ${maximumBytes} bytes`);
}

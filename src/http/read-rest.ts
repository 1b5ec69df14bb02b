import type { IncomingMessage } from 'node:http';

/** As Go's server reads (maxPostHandlerReadBytes of net/http). */
const MAXIMUM_BYTES = 256 * 1024;
const PATIENCE_MS = 500;

/**
 * Settles when the rest of a request's body has come, which is thrown away: a client that is answered while it still
 * sends may tell of its broken pipe instead of the answer. A body that is long, or that does not come, is not waited for.
 */
export function readRest(request: IncomingMessage, patienceMs = PATIENCE_MS): Promise<void> {
  if (request.complete || request.destroyed || !hasBody(request)) return Promise.resolve();
  return new Promise(resolve => {
    let bytesLeft = MAXIMUM_BYTES;
    const count = (chunk: Buffer | string): void => {
      bytesLeft -= chunk.length;
      if (bytesLeft < 0) stop();
    };
    const stop = (): void => {
      clearTimeout(timer);
      request.off('data', count);
      resolve();
    };
    const timer = setTimeout(stop, patienceMs);
    request.on('data', count);
    for (const event of ['end', 'error', 'close']) request.once(event, stop);
  });
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { Exchange } from '../exchange.ts';

/**
 * The request's body as a stream of its own. A reader that stops early does not break off the connection: the
 * rest is read and thrown away, so that the client, which is still sending, gets its answer.
 */
export function streamBody({ request }: Pick<Exchange, 'request'>): Readable {
  const stream = Readable.from(piecesOf(request), { objectMode: false });
  stream.once('close', () => request.resume());
  return stream;
}

/** An error of who reads them is no error of the request, which would be destroyed by it. */
async function* piecesOf(request: IncomingMessage): AsyncGenerator<Buffer> {
  for await (const piece of request.iterator({ destroyOnReturn: false })) yield piece as Buffer;
}

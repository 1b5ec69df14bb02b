import type { IncomingMessage } from 'node:http';
import { EngineError } from '../../base/errors.ts';
import type { Exchange } from '../exchange.ts';
import type { Decoder } from './decode.ts';
import { parseGoJson } from './go-json.ts';

/** The most that a JSON request may have. Archives are not bound by it. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;

/**
 * Reads the request's JSON body. `name` is what errors call it. An empty body is `{}` with `emptyIsObject`, else an error.
 * @throws EngineError invalid-parameter: wrong content type, too long, no JSON, wrong types
 */
export async function readJson<T>(
  exchange: Exchange,
  decoder: Decoder<T>,
  options: { name: string; emptyIsObject: boolean },
): Promise<T> {
  const body = await readBody(exchange);
  if (options.emptyIsObject && body.length === 0) return decoder({}, options.name);
  checkContentType(exchange.request, body.length === 0);
  return decoder(parseGoJson(body.toString()), options.name);
}

/** Reads the whole body. @throws EngineError invalid-parameter when it is longer than 16 MiB */
export async function readBody({ request, response }: Exchange): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = Number(request.headers['content-length'] ?? 0);
  if (bytes <= MAX_BODY_BYTES) {
    bytes = 0;
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > MAX_BODY_BYTES) break;
    }
  }
  if (bytes <= MAX_BODY_BYTES) return Buffer.concat(chunks);
  response.setHeader('Connection', 'close');
  throw new EngineError('invalid-parameter', 'http: request body too large (the limit is 16 MiB)');
}

function checkContentType({ headers }: IncomingMessage, empty: boolean): void {
  const header = headers['content-type'];
  if (header === undefined && empty) return;
  const mediaType = (header ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (mediaType === 'application/json') return;
  if (mediaType === '')
    throw new EngineError(
      'invalid-parameter',
      `malformed Content-Type header (${header ?? ''}): mime: no media type`,
    );
  throw new EngineError(
    'invalid-parameter',
    `unsupported Content-Type header (${mediaType}): must be 'application/json'`,
  );
}

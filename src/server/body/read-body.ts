import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { EngineError } from '../../base/errors.ts';
import type { Exchange } from '../exchange.ts';
import type { Decoder } from '../../base/go/decode.ts';
import { JsonError, parseGoJson } from '../../base/go/json.ts';
import { settlesWithin } from '../../base/settles-within.ts';
import { TimeSlice } from '../../base/time-slice.ts';
import { refuseNul } from './refuse-nul.ts';

/** The most that a JSON request may have. Archives are not bound by it. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;
/** How long the rest of a body that is too long is read, for nothing. */
const PATIENCE_MS = 500;

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
  return decodeRequest(body.toString(), decoder, options.name);
}

/** @throws EngineError invalid-parameter, in Docker's words */
export async function decodeRequest<T>(text: string, decoder: Decoder<T>, name: string): Promise<T> {
  if (text.trim() === '') throw invalid('invalid JSON: got EOF while reading request body');
  const slice = new TimeSlice();
  try {
    const value = parseGoJson(text);
    if (slice.isOver) await slice.pause();
    const request = decoder(value, name);
    // JSON has the byte in this form only.
    if (text.includes('\\u0000')) refuseNul(request, name);
    if (slice.isOver) await slice.pause();
    return request;
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw invalid(
      error.message.startsWith('unexpected content') ? error.message : `invalid JSON: ${error.message}`,
    );
  }
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-parameter', message);
}

/** Reads the whole body. @throws EngineError invalid-parameter when it is longer than 4 MiB */
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
  // Most clients hear an answer only when they have written everything.
  await settlesWithin(
    once(request.resume(), 'close').catch(() => undefined),
    PATIENCE_MS,
  );
  throw invalid('http: request body too large (the limit is 4 MiB)');
}

function checkContentType({ headers }: IncomingMessage, empty: boolean): void {
  const header = headers['content-type'];
  if (header === undefined && empty) return;
  const mediaType = (header ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (mediaType === 'application/json') return;
  if (mediaType === '') throw invalid(`malformed Content-Type header (${header ?? ''}): mime: no media type`);
  throw invalid(`unsupported Content-Type header (${mediaType}): must be 'application/json'`);
}

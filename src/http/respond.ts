import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { EngineError, messageOf } from '../base/errors.ts';
import { encodeJson } from '../base/exact-json.ts';
import { TimeSlice } from '../base/time-slice.ts';
import type { HttpExchange } from './exchange.ts';
import { httpStatus } from './http-status.ts';

/** What is held in memory of an answer that is larger. */
const PIECE_LENGTH = 1 << 20;

/**
 * Answers with a JSON body. Values of type bigint go out as exact numbers. The elements of lists are encoded one by
 * one, so that a list of any length neither keeps others waiting nor is held in memory.
 */
export async function sendJson({ response }: HttpExchange, body: unknown, status = 200): Promise<void> {
  const slice = new TimeSlice();
  let text = '';
  for (const piece of piecesOf(body)) {
    text += piece;
    if (text.length > PIECE_LENGTH) {
      if (!response.headersSent) response.writeHead(status, { 'Content-Type': 'application/json' });
      if (!response.write(text)) await drained(response);
      if (response.destroyed) return;
      text = '';
    }
    if (slice.isOver) await slice.pause();
  }
  text += '\n';
  if (!response.headersSent)
    response.writeHead(status, {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(text),
    });
  response.end(text);
}

/** Settles when more can be written, or never will be. Leaves no listener behind: a stream may wait many times. */
function drained(response: ServerResponse): Promise<void> {
  if (response.destroyed) return Promise.resolve();
  return new Promise(resolve => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
}

/** A list, or an object that has lists, in parts; anything else as a whole. */
function* piecesOf(body: unknown): Generator<string> {
  if (Array.isArray(body)) return yield* elementsOf(body);
  if (typeof body !== 'object' || body === null) return yield encodeJson(body);
  let separator = '{';
  for (const [key, value] of Object.entries(body)) {
    if (value === undefined) continue;
    yield `${separator}${JSON.stringify(key)}:`;
    if (Array.isArray(value)) yield* elementsOf(value);
    else yield encodeJson(value);
    separator = ',';
  }
  yield separator === '{' ? '{}' : '}';
}

function* elementsOf(list: readonly unknown[]): Generator<string> {
  let separator = '[';
  for (const item of list) {
    yield separator + (encodeJson(item) ?? 'null');
    separator = ',';
  }
  yield separator === '[' ? '[]' : ']';
}

/** Answers without a body: 204, or 200 and 201 where Docker sends an empty body. */
export function sendEmpty({ response }: Pick<HttpExchange, 'response'>, status = 204): void {
  response.writeHead(status, status === 204 ? {} : { 'Content-Length': 0 });
  response.end();
}

/** `{"message": …}`. */
export function sendError(response: ServerResponse, error: unknown): void {
  const status = httpStatus(error);
  if (status === 304) {
    response.writeHead(304).end();
    return;
  }
  const text = `${JSON.stringify(errorBody(error))}\n`;
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
  });
  response.end(text);
}

/** With Slipway's `hint` beside the message. */
function errorBody(error: unknown): { message: string; hint: string | undefined } {
  return { message: messageOf(error), hint: error instanceof EngineError ? error.hint : undefined };
}

/**
 * Sends a stream as it comes, headers at once, together with what comes at once. When it fails half-way the connection is broken off: the client
 * must not take what it has for the whole. Settles when all is sent or the client has gone.
 */
export async function sendStream(
  { response }: HttpExchange,
  stream: Readable,
  contentType: string,
): Promise<void> {
  response.cork();
  response.writeHead(200, { 'Content-Type': contentType });
  response.flushHeaders();
  setImmediate(() => response.uncork());
  await pipeline(stream, response);
}

/**
 * Sends one JSON value a line, each as soon as it is there. The headers go out at once, or with the first value
 * when `headersFirst` is false: an error before it still gets its status then.
 */
export async function sendLines(
  exchange: HttpExchange,
  values: AsyncIterable<unknown>,
  { headersFirst }: { headersFirst: boolean },
): Promise<void> {
  const { response, signal } = exchange;
  if (headersFirst) startLines(response);
  for await (const value of values) {
    if (signal.aborted) break;
    if (!response.headersSent) startLines(response);
    if (!response.write(`${encodeJson(value)}\n`)) await drained(response);
  }
  if (!response.headersSent) startLines(response);
  response.end();
}

/** How much progress may wait for a client that does not read, so that it does not delay the task. */
const MAX_UNREAD_BYTES = 64 * 1024 * 1024;

function startLines(response: ServerResponse): void {
  response.writeHead(200, { 'Content-Type': 'application/json' });
  response.flushHeaders();
}

/**
 * Runs a task that reports its progress as JSON lines. An error before the first line is an ordinary one, with
 * its status, unless `errorsAsLines`; after it, it is a line of its own, as Docker does it. The connection to a client
 * that does not read is broken off when too much waits for it.
 */
export async function sendProgress(
  { response }: HttpExchange,
  task: (progress: (message: unknown) => void) => Promise<void>,
  { errorsAsLines = false } = {},
): Promise<void> {
  const progress = (message: unknown) => {
    if (!response.headersSent) startLines(response);
    response.write(`${encodeJson(message)}\n`);
    if (response.writableLength > MAX_UNREAD_BYTES) response.destroy();
  };
  try {
    await task(progress);
  } catch (error) {
    if (!response.headersSent && !errorsAsLines) throw error;
    // A failed build command has an exit code, which clients exit with.
    const { exitCode } = error as { exitCode?: unknown };
    const code = typeof exitCode === 'number' ? { code: exitCode } : {};
    progress({ errorDetail: { ...code, ...errorBody(error) }, error: messageOf(error) });
  }
  if (!response.headersSent) startLines(response);
  response.end();
}

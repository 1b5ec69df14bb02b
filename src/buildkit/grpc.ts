import { performServerHandshake, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { connect, type ClientHttp2Session, type Http2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import { EngineError, type ErrorKind, messageOf } from '../base/errors.ts';

/** Status codes of gRPC (doc/statuscodes.md). */
const STATUS: Record<ErrorKind, number> = {
  cancelled: 1,
  system: 2,
  'invalid-parameter': 3,
  'not-found': 5,
  conflict: 6,
  forbidden: 7,
  'resource-exhausted': 8,
  'not-modified': 9,
  'data-loss': 15,
  'not-implemented': 12,
  unavailable: 14,
  unauthorized: 16,
};

/** What says of itself what clients could do about it; all else has no name, as with BuildKit. */
const NAMED: readonly ErrorKind[] = ['cancelled', 'not-implemented', 'unavailable', 'unauthorized'];

/** The code of a failure, as clients are told it. */
export function statusOf(error: unknown): number {
  return error instanceof EngineError && NAMED.includes(error.kind) ? STATUS[error.kind] : STATUS.system;
}

/** The kind of error that another side's status means. */
export function kindOf(code: number): ErrorKind {
  const [kind] = Object.entries(STATUS).find(([, number]) => number === code) ?? ['system'];
  return kind as ErrorKind;
}

/** More than clients send in one message: gRPC's own limit is 4 MiB, BuildKit's 16 MiB. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
const HEADER_BYTES = 5;
/** Of a status: what clients take in trailers. One with more details than fit has none. */
const MAX_STATUS_MESSAGE = 32 * 1024;
/** That one of UTF-16 may take in it. */
const ENCODED_BYTES = 9;
const MAX_STATUS_DETAILS_BYTES = 128 * 1024;
const MAX_HEADER_BLOCK_BYTES = 512 * 1024;
/** What may be under way: the 64 KiB that HTTP/2 begins with hold up every larger file. */
const WINDOW_BYTES = 4 * 1024 * 1024;

export type Call = {
  headers: IncomingHttpHeaders;
  /** The messages that the client sends. */
  requests: AsyncIterable<Buffer>;
  /** Settles when there is room for more. */
  send(message: Uint8Array): Promise<void>;
  /** Aborted when the client has gone. */
  signal: AbortSignal;
};

/** By `/service/Method`. What it throws becomes the call's status. */
export type Methods = Readonly<Record<string, (call: Call) => Promise<void>>>;

/** A failure that has more to tell than a message: `google.rpc.Status` in full. */
export type StatusDetails = (error: unknown) => Uint8Array | undefined;

/** Serves gRPC over a connection that carries raw HTTP/2, until that ends. */
export async function serveGrpc(connection: Duplex, methods: Methods, details: StatusDetails): Promise<void> {
  const session = performServerHandshake(connection, {
    settings: { maxConcurrentStreams: 250, initialWindowSize: WINDOW_BYTES },
    maxSendHeaderBlockLength: MAX_HEADER_BLOCK_BYTES,
  });
  session.on('error', () => session.destroy());
  session.on('stream', (stream, headers) => void answer(stream, headers, { methods, details }));
  await new Promise<void>(resolve => session.once('close', resolve));
}

type Served = { methods: Methods; details: StatusDetails };

async function answer(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  { methods, details }: Served,
): Promise<void> {
  const gone = new AbortController();
  stream.on('error', () => undefined);
  stream.once('close', () => gone.abort(new DOMException('the client has gone', 'AbortError')));
  // It may have been reset before this is told of it.
  if (stream.destroyed || stream.closed) return;
  const path = String(headers[':path']);
  const status = { code: 0, message: '', details: undefined as Uint8Array | undefined };
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.once('wantTrailers', () => stream.sendTrailers(trailersOf(status)));
  try {
    const method = Object.hasOwn(methods, path) ? methods[path] : undefined;
    if (method === undefined) throw new EngineError('not-implemented', `unknown method ${path}`);
    await method({
      headers,
      requests: messagesOf(stream),
      send: message => write(stream, frame(message)),
      signal: gone.signal,
    });
  } catch (error) {
    status.code = statusOf(error);
    status.message = messageOf(error);
    status.details = details(error);
  }
  if (!stream.destroyed) stream.end();
}

function trailersOf({
  code,
  message,
  details,
}: {
  code: number;
  message: string;
  details: Uint8Array | undefined;
}) {
  return {
    'grpc-status': String(code),
    ...(message === '' ? {} : { 'grpc-message': encoded(message) }),
    ...(details === undefined || details.length > MAX_STATUS_DETAILS_BYTES
      ? {}
      : { 'grpc-status-details-bin': Buffer.from(details).toString('base64') }),
  };
}

function encoded(message: string): string {
  const whole = encodeURIComponent(message.slice(0, MAX_STATUS_MESSAGE).toWellFormed());
  if (message.length <= MAX_STATUS_MESSAGE && whole.length <= MAX_STATUS_MESSAGE) return whole;
  return encodeURIComponent(`${message.slice(0, MAX_STATUS_MESSAGE / ENCODED_BYTES).toWellFormed()}…`);
}

function frame(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(HEADER_BYTES + message.length);
  framed[0] = 0;
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, HEADER_BYTES);
  return framed;
}

async function write(stream: Http2Stream, chunk: Buffer): Promise<void> {
  if (stream.destroyed) throw new EngineError('cancelled', 'the other side has gone');
  if (stream.write(chunk)) return;
  await new Promise<void>(resolve => {
    const done = (): void => {
      stream.off('drain', done).off('close', done);
      resolve();
    };
    stream.once('drain', done).once('close', done);
  });
}

/** @throws EngineError invalid-parameter for what is no frame */
async function* messagesOf(stream: Http2Stream): AsyncGenerator<Buffer> {
  const received = new Gathered();
  // Who has read enough may still have something to say.
  for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    received.add(chunk);
    for (let message = nextMessage(received); message !== undefined; message = nextMessage(received))
      yield message;
  }
}

function nextMessage(received: Gathered): Buffer | undefined {
  if (received.length < HEADER_BYTES) return undefined;
  const { bytes } = received;
  const length = bytes.readUInt32BE(1);
  if (bytes[0] !== 0 || length > MAX_MESSAGE_BYTES)
    throw new EngineError('invalid-parameter', 'grpc: received a message that is too large, or compressed');
  if (received.length < HEADER_BYTES + length) return undefined;
  return received.take(HEADER_BYTES + length).subarray(HEADER_BYTES);
}

/** Bytes that come in pieces of any size, a byte each, say: each of them is copied a few times at most. */
class Gathered {
  #room: Buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;

  get length(): number {
    return this.#end - this.#start;
  }

  get bytes(): Buffer {
    return this.#room.subarray(this.#start, this.#end);
  }

  add(chunk: Buffer): void {
    if (this.length === 0) {
      [this.#room, this.#start, this.#end] = [chunk, 0, chunk.length];
      return;
    }
    if (this.#end + chunk.length > this.#room.length) {
      const room = Buffer.allocUnsafe(2 * (this.length + chunk.length));
      [this.#end, this.#start] = [this.bytes.copy(room), 0];
      this.#room = room;
    }
    this.#end += chunk.copy(this.#room, this.#end);
  }

  /** The first ones, which are not written to again. */
  take(length: number): Buffer {
    const taken = this.bytes.subarray(0, length);
    this.#start += length;
    return taken;
  }
}

/** One message, of a method that takes one. @throws EngineError invalid-parameter */
export async function oneRequest({ requests }: Call): Promise<Buffer> {
  for await (const request of requests) return request;
  return Buffer.alloc(0);
}

export type ClientCall = {
  send(message: Uint8Array): Promise<void>;
  /** There will be no more from this side. */
  end(): void;
  /** @throws EngineError with the status that the other side gives */
  responses: AsyncIterable<Buffer>;
  /** Ends the call, whatever it has got to. */
  cancel(): void;
};

/** The calling side of a connection that carries raw HTTP/2. */
export class GrpcClient {
  readonly #session: ClientHttp2Session;
  /** Settles when the connection has ended. */
  readonly closed: Promise<void>;

  constructor(connection: Duplex) {
    this.#session = connect('http://localhost', {
      createConnection: () => connection,
      settings: { initialWindowSize: WINDOW_BYTES },
    });
    this.#session.once('connect', () => this.#session.setLocalWindowSize(WINDOW_BYTES));
    this.#session.on('error', () => this.#session.destroy());
    this.closed = new Promise(resolve => this.#session.once('close', resolve));
  }

  call(path: string, metadata: Record<string, string | string[]> = {}): ClientCall {
    if (this.#session.destroyed) throw gone();
    const stream = this.#session.request({
      ...metadata,
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const status = Promise.withResolvers<IncomingHttpHeaders>();
    // One without a body has its status in its head.
    stream.once('response', headers => {
      if (headers['grpc-status'] !== undefined) status.resolve(headers);
    });
    stream.once('trailers', status.resolve);
    stream.once('close', () =>
      status.resolve({ 'grpc-status': '14', 'grpc-message': 'the session has ended' }),
    );
    stream.on('error', () => undefined);
    return {
      send: message => write(stream, frame(message)),
      end: () => stream.end(),
      responses: responsesOf(stream, status.promise),
      cancel: () => stream.close(8),
    };
  }

  /** A method that takes one message and gives one. @throws EngineError */
  async unary(
    path: string,
    request: Uint8Array,
    signal: AbortSignal,
    metadata: Record<string, string> = {},
  ): Promise<Buffer> {
    signal.throwIfAborted();
    const call = this.call(path, metadata);
    const cancel = () => call.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      await call.send(request);
      call.end();
      let answer: Buffer = Buffer.alloc(0);
      for await (const response of call.responses) answer = response;
      return answer;
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  }

  close(): void {
    this.#session.destroy();
  }
}

async function* responsesOf(
  stream: Http2Stream,
  status: Promise<IncomingHttpHeaders>,
): AsyncGenerator<Buffer> {
  try {
    yield* messagesOf(stream);
  } catch (error) {
    if (error instanceof EngineError) throw error;
    throw gone(error);
  }
  const { 'grpc-status': code = '2', 'grpc-message': message = '' } = await status;
  if (code === '0') return;
  const details = (await status)['grpc-status-details-bin'];
  throw new GrpcError(
    kindOf(Number(code)),
    decoded(String(message)) || `rpc error: code ${String(code)}`,
    details === undefined ? undefined : Buffer.from(String(details), 'base64'),
  );
}

/** What the other side has answered with. */
export class GrpcError extends EngineError {
  /** `google.rpc.Status` in full, where the other side tells more than a message. */
  readonly details: Buffer | undefined;

  constructor(kind: ErrorKind, message: string, details: Buffer | undefined) {
    super(kind, message);
    this.details = details;
  }
}

function decoded(message: string): string {
  try {
    return decodeURIComponent(message);
  } catch {
    return message;
  }
}

function gone(cause?: unknown): EngineError {
  return new EngineError('cancelled', 'the session has ended', { cause });
}

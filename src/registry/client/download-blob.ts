import { PassThrough, pipeline } from 'node:stream';
import type { Digest } from '../../base/digest.ts';
import { digestOf } from '../../base/digest.ts';
import { EngineError, messageOf } from '../../base/errors.ts';
import type { Descriptor } from '../../oci/image-spec.ts';
import { connectionError } from './connection-error.ts';
import type { Endpoint } from './endpoints.ts';
import { RegistryError } from './registry-error.ts';
import { discard, type RegistryResponse } from './registry-response.ts';
import type { Repository } from './repository.ts';
import { backOffMs } from './retry-after.ts';

/**
 * What takes a blob's bytes in. It may have some already: they are not asked for again. The next bytes come when a
 * write has settled, so that a slow sink slows the registry down.
 */
export type BlobSink = { readonly receivedBytes: number; write(chunk: Uint8Array): void | Promise<void> };

/** Before a repetition; the reason for it. */
export type OnRetry = (waitMs: number, reason: string) => Promise<void>;

/** The header of an answer that goes on where a connection broke. */
const CONTENT_RANGE = /^bytes (\d+)-(\d+)\/(\d+|\*)$/;

/**
 * Brings the rest of a blob, its size exactly: the sink's owner verifies the digest. A connection that breaks is
 * taken up again where it broke (Range, If-Range), and so is one that stalls, as often as there is progress. Of a large
 * blob several ranges come at once, where the registry has ranges (RegistryOptions.ranges).
 * @throws RegistryError not-found; data-loss for another size; EngineError cancelled; what the sink throws
 */
export async function downloadBlob(
  repository: Repository,
  descriptor: Pick<Descriptor, 'digest' | 'size'>,
  sink: BlobSink,
  onRetry: OnRetry = async () => undefined,
): Promise<void> {
  const transfer = new Transfer(repository, descriptor, sink);
  const { attempts, retryMs } = repository.session.options.patience;
  let failures = 0;
  while (sink.receivedBytes < descriptor.size) {
    const before = sink.receivedBytes;
    try {
      await repository.atSome(endpoint => transfer.attempt(endpoint));
    } catch (error) {
      if (!(error instanceof RegistryError) || !error.isTransient) throw error;
      failures = sink.receivedBytes > before ? 1 : failures + 1;
      if (failures >= attempts) throw error;
      await onRetry(backOffMs(failures, retryMs, error.retryAfterMs), error.message);
      await repository.session.pause(failures, error.retryAfterMs);
    }
  }
}

class Transfer {
  readonly #repository: Repository;
  readonly #descriptor: Pick<Descriptor, 'digest' | 'size'>;
  readonly #sink: BlobSink;
  /** By endpoint: what says that it is still the same content there. */
  readonly #etags = new WeakMap<Endpoint, string>();
  #usesRanges = true;
  #usesSegments = true;

  constructor(repository: Repository, descriptor: Pick<Descriptor, 'digest' | 'size'>, sink: BlobSink) {
    this.#repository = repository;
    this.#descriptor = descriptor;
    this.#sink = sink;
  }

  async attempt(endpoint: Endpoint): Promise<void> {
    const part = this.#nextPart();
    const response = await this.#ask(endpoint, part);
    try {
      const begin = await this.#beginOf(response, part);
      if (begin === undefined) return;
      const { etag: strong } = response.headers;
      if (strong?.startsWith('"')) this.#etags.set(endpoint, strong);
      const isSegment = response.status === 206 && part.end < this.#descriptor.size;
      if (isSegment) await this.#takeSegments(endpoint, { response, part });
      else await this.#take(response, { begin, end: this.#descriptor.size });
    } catch (error) {
      response.body.destroy();
      // A registry that does not bear several requests at once may bear one.
      this.#usesSegments = false;
      throw error;
    }
  }

  #nextPart(): Part {
    const { size } = this.#descriptor;
    const { count, segmentBytes } = this.#repository.session.options.ranges;
    const begin = this.#usesRanges ? this.#sink.receivedBytes : 0;
    const isLarge = count > 1 && size - begin >= 2 * segmentBytes;
    const inSegments = isLarge && this.#usesRanges && this.#usesSegments;
    return { begin, end: inSegments ? begin + segmentBytes : size };
  }

  #ask(endpoint: Endpoint, { begin, end }: Part): Promise<RegistryResponse> {
    const { digest, size } = this.#descriptor;
    const etag = this.#etags.get(endpoint);
    const range = `bytes=${begin}-${end < size ? end - 1 : ''}`;
    return this.#repository.session.send(endpoint, {
      method: 'GET',
      url: this.#repository.urlAt(endpoint, `blobs/${digest}`),
      headers: {
        'accept-encoding': 'identity',
        ...(end - begin < size ? { range, ...(etag && { 'if-range': etag }) } : {}),
      },
      scopes: this.#repository.scopes('pull'),
      accepts: [200, 206, 416],
    });
  }

  /** Where the answer's first byte belongs; undefined when there are no ranges to be had: all is asked for next. */
  async #beginOf(response: RegistryResponse, part: Part): Promise<number | undefined> {
    const { status, headers } = response;
    const { size, digest } = this.#descriptor;
    if (status === 200) {
      const length = headers['content-length'];
      if (length !== undefined && Number(length) !== size)
        throw wrongSize(
          digest,
          `${response.url.host} has ${length} bytes of it, its descriptor says ${size}`,
        );
      return 0;
    }
    const wasAsked = part.end - part.begin < size;
    if (wasAsked && isExactly(response, part, size)) return part.begin;
    if (!this.#usesRanges) throw wrongSize(digest, `${response.url.host} answers with status ${status}`);
    this.#usesRanges = false;
    await discard(response);
    return undefined;
  }

  /** The rest, a few ranges at once: those that come before their turn wait in memory. */
  async #takeSegments(endpoint: Endpoint, first: Segment): Promise<void> {
    const { count, segmentBytes } = this.#repository.session.options.ranges;
    const { size } = this.#descriptor;
    const ahead: Promise<Segment>[] = [];
    let asked = first.part.end;
    const askNext = () => {
      if (asked === size) return;
      const part = { begin: asked, end: Math.min(asked + segmentBytes, size) };
      asked = part.end;
      const segment = this.#segment(endpoint, part);
      segment.catch(() => undefined);
      ahead.push(segment);
    };
    try {
      for (let index = 1; index < count; index++) askNext();
      await this.#take(first.response, first.part);
      for (let next = ahead.shift(); next !== undefined; next = ahead.shift()) {
        askNext();
        const { response, part } = await next;
        await this.#take(response, part);
      }
    } finally {
      for (const unused of ahead)
        unused.then(({ response }) => response.body.destroy()).catch(() => undefined);
    }
  }

  async #segment(endpoint: Endpoint, part: Part): Promise<Segment> {
    const response = await this.#ask(endpoint, part);
    if (!isExactly(response, part, this.#descriptor.size)) {
      response.body.destroy();
      throw broken(response.url, new Error(`no range of it with status ${response.status}`));
    }
    const body = new PassThrough({ highWaterMark: part.end - part.begin });
    // Who takes it is told of errors by the stream itself.
    pipeline(response.body, body, () => undefined);
    return { response: { ...response, body }, part };
  }

  /** What the sink has already is skipped. */
  async #take(response: RegistryResponse, { begin, end }: Part): Promise<void> {
    const { digest } = this.#descriptor;
    let position = begin;
    try {
      for await (const chunk of response.body as AsyncIterable<Buffer>) {
        const known = Math.max(this.#sink.receivedBytes - position, 0);
        position += chunk.length;
        if (position > end)
          throw wrongSize(
            digest,
            `${response.url.host} sends more than the ${end - begin} bytes of its descriptor`,
          );
        if (known < chunk.length) await this.#write(known === 0 ? chunk : chunk.subarray(known));
      }
    } catch (error) {
      if (this.#repository.session.signal.aborted) throw new EngineError('cancelled', 'context canceled');
      if (error instanceof EngineError || error instanceof SinkFailure) throw unwrapped(error);
      throw broken(response.url, error);
    }
    if (position < end) throw broken(response.url, new Error('unexpected EOF'));
  }

  async #write(chunk: Buffer): Promise<void> {
    try {
      await this.#sink.write(chunk);
    } catch (cause) {
      throw new SinkFailure(cause);
    }
  }
}

/** From `begin` to before `end`. */
type Part = { begin: number; end: number };
type Segment = { response: RegistryResponse; part: Part };

/** RFC 9110, 14.4: the range that was asked for, and no other. */
function isExactly({ status, headers }: RegistryResponse, { begin, end }: Part, size: number): boolean {
  const [, first, last, total] = CONTENT_RANGE.exec(headers['content-range'] ?? '') ?? [];
  const isWhole = total === '*' || Number(total) === size;
  return status === 206 && isWhole && Number(first) === begin && Number(last) === end - 1;
}

/** Not the connection's fault, whatever its error code. */
class SinkFailure extends Error {
  constructor(cause: unknown) {
    super(messageOf(cause), { cause });
  }
}

function unwrapped(error: Error): unknown {
  return error instanceof SinkFailure ? error.cause : error;
}

/** The error for a connection that broke within a body, when the host was reached before. */
function broken(url: URL, cause: unknown): RegistryError {
  const { message } = connectionError('GET', url, { cause });
  return new RegistryError('system', message, { code: 'BODY', isTransient: true, cause });
}

function wrongSize(digest: string, reason: string): RegistryError {
  return new RegistryError('data-loss', `blob ${digest}: ${reason}`, { code: 'SIZE_INVALID' });
}

/** A small blob, verified. @throws as downloadBlob; RegistryError data-loss for another digest */
export async function fetchSmallBlob(
  repository: Repository,
  { digest, size }: Pick<Descriptor, 'digest' | 'size'>,
  maximumBytes: number,
): Promise<Buffer> {
  if (size > maximumBytes || size < 0)
    throw new RegistryError('invalid-parameter', `blob ${digest} of ${size} bytes is too large`);
  const chunks: Uint8Array[] = [];
  const sink = {
    receivedBytes: 0,
    write(chunk: Uint8Array) {
      chunks.push(chunk);
      this.receivedBytes += chunk.length;
    },
  };
  await downloadBlob(repository, { digest, size }, sink);
  const data = Buffer.concat(chunks);
  if (digestOf(data) !== (digest as Digest))
    throw new RegistryError('data-loss', `content verification failed for digest ${digest}`);
  return data;
}

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

/** What takes a blob's bytes in. It may have some already: they are not asked for again. */
export type BlobSink = { readonly receivedBytes: number; write(chunk: Uint8Array): void };

/** Before a repetition; the reason for it. */
export type OnRetry = (waitMs: number, reason: string) => Promise<void>;

/** Of an answer that goes on where a connection broke. */
const CONTENT_RANGE = /^bytes (\d+)-(\d+)\/(\d+|\*)$/;

/**
 * Brings the rest of a blob, its size exactly: whoever has the sink verifies the digest. A connection that breaks is
 * taken up again where it broke (Range, If-Range), and so is one that stalls, as often as there is progress.
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

  constructor(repository: Repository, descriptor: Pick<Descriptor, 'digest' | 'size'>, sink: BlobSink) {
    this.#repository = repository;
    this.#descriptor = descriptor;
    this.#sink = sink;
  }

  async attempt(endpoint: Endpoint): Promise<void> {
    const offset = this.#usesRanges ? this.#sink.receivedBytes : 0;
    const etag = this.#etags.get(endpoint);
    const response = await this.#repository.session.send(endpoint, {
      method: 'GET',
      url: this.#repository.urlAt(endpoint, `blobs/${this.#descriptor.digest}`),
      headers: {
        'accept-encoding': 'identity',
        ...(offset > 0 ? { range: `bytes=${offset}-`, ...(etag && { 'if-range': etag }) } : {}),
      },
      scopes: this.#repository.scopes('pull'),
      accepts: [200, 206, 416],
    });
    try {
      const begin = await this.#beginOf(response, offset);
      if (begin === undefined) return;
      const { etag: strong } = response.headers;
      if (strong?.startsWith('"')) this.#etags.set(endpoint, strong);
      await this.#take(response, begin);
    } catch (error) {
      response.body.destroy();
      throw error;
    }
  }

  /** Where the answer's first byte belongs; undefined when there are no ranges to be had: all is asked for next. */
  async #beginOf(response: RegistryResponse, offset: number): Promise<number | undefined> {
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
    const [, begin, , total] = CONTENT_RANGE.exec(headers['content-range'] ?? '') ?? [];
    const isExact = status === 206 && Number(begin) === offset && (total === '*' || Number(total) === size);
    if (isExact && offset > 0) return offset;
    if (!this.#usesRanges) throw wrongSize(digest, `${response.url.host} answers with status ${status}`);
    this.#usesRanges = false;
    await discard(response);
    return undefined;
  }

  /** What the sink has already is skipped. */
  async #take(response: RegistryResponse, begin: number): Promise<void> {
    const { size, digest } = this.#descriptor;
    let position = begin;
    try {
      for await (const chunk of response.body as AsyncIterable<Buffer>) {
        const known = Math.max(this.#sink.receivedBytes - position, 0);
        position += chunk.length;
        if (position > size)
          throw wrongSize(digest, `${response.url.host} sends more than the ${size} bytes of its descriptor`);
        if (known < chunk.length) this.#write(known === 0 ? chunk : chunk.subarray(known));
      }
    } catch (error) {
      if (this.#repository.session.signal.aborted) throw new EngineError('cancelled', 'context canceled');
      if (error instanceof EngineError || error instanceof SinkFailure) throw unwrapped(error);
      throw broken(response.url, error);
    }
    if (position < size) throw broken(response.url, new Error('unexpected EOF'));
  }

  #write(chunk: Buffer): void {
    try {
      this.#sink.write(chunk);
    } catch (cause) {
      throw new SinkFailure(cause);
    }
  }
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

/** Of a body: that the host can be reached is known. */
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

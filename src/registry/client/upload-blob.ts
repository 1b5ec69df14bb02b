import { Readable } from 'node:stream';
import type { Endpoint } from './endpoints.ts';
import { RegistryError } from './registry-error.ts';
import { discard, type RegistryResponse } from './registry-response.ts';
import type { Repository } from './repository.ts';
import { backOffMs } from './retry-after.ts';

/** A blob that is to be brought into a registry. */
export type BlobSource = {
  digest: string;
  size: number;
  /** Its bytes from `start` to before `end`. */
  read(start: number, end: number): AsyncIterable<Buffer>;
};

export type Upload = {
  source: BlobSource;
  /** Other repositories of the same registry that may have it: `library/busybox`. */
  mountFrom: readonly string[];
  /** How much of it is there. */
  onProgress: (bytes: number) => void;
  onRetry: (waitMs: number, reason: string) => Promise<void>;
};

/** The repository that it was taken from; undefined where it was sent. */
export type UploadResult = { mountedFrom: string | undefined };

/** GitHub's registry takes 4 MB at a time, and proxies in between may take less. */
const SMALL_CHUNK_BYTES = 4 * 1024 * 1024 - 1;
const SMALLEST_CHUNK_BYTES = 256 * 1024;

/**
 * Brings a blob into a repository: mounted from another one where that can be, else in one stream, and in chunks where
 * the registry takes no more at once (distribution-spec, "Pushing a blob"). What breaks off goes on where it was.
 * @throws RegistryError as the registry has it; EngineError cancelled
 */
export function uploadBlob(repository: Repository, upload: Upload): Promise<UploadResult> {
  return repository.atSome(endpoint => new Sending(repository, endpoint, upload).run());
}

class Sending {
  readonly #repository: Repository;
  readonly #endpoint: Endpoint;
  readonly #upload: Upload;
  /** Where to go on; undefined before the registry has said. */
  #location: URL | undefined;
  #sentBytes = 0;
  #chunkBytes = Number.POSITIVE_INFINITY;
  /** What the registry says that a chunk has at least, the last one aside (`OCI-Chunk-Min-Length`). */
  #leastChunkBytes = 0;
  /** Whether it goes on where the registry said that it was. */
  #wasResumed = false;

  constructor(repository: Repository, endpoint: Endpoint, upload: Upload) {
    this.#repository = repository;
    this.#endpoint = endpoint;
    this.#upload = upload;
  }

  async run(): Promise<UploadResult> {
    for (const from of this.#upload.mountFrom) if (await this.#mount(from)) return { mountedFrom: from };
    const { attempts, retryMs } = this.#repository.session.options.patience;
    for (let failures = 0; ; ) {
      const before = this.#sentBytes;
      try {
        await this.#sendRest();
        return { mountedFrom: undefined };
      } catch (error) {
        if (!(error instanceof RegistryError)) throw error;
        if (await this.#isThere(error)) return { mountedFrom: undefined };
        if (!(await this.#canGoOn(error))) throw error;
        failures = this.#sentBytes > before ? 1 : failures + 1;
        if (failures >= attempts) throw error;
        await this.#upload.onRetry(backOffMs(failures, retryMs, error.retryAfterMs), error.message);
        await this.#repository.session.pause(failures, error.retryAfterMs);
      }
    }
  }

  /** Whatever speaks against it: then it is sent, with the session that the registry may have begun for it. */
  async #mount(from: string): Promise<boolean> {
    const scopes = [...this.#repository.scopes('pull', 'push'), `repository:${from}:pull`];
    const query = new URLSearchParams({ mount: this.#upload.source.digest, from });
    try {
      const response = await this.#begin(`blobs/uploads/?${query.toString()}`, scopes);
      if (response.status === 201) return true;
      this.#location = locationOf(response);
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
    }
    return false;
  }

  async #begin(resource: string, scopes: readonly string[]): Promise<RegistryResponse> {
    const response = await this.#repository.session.send(this.#endpoint, {
      method: 'POST',
      url: this.#repository.urlAt(this.#endpoint, resource),
      headers: { 'content-length': '0' },
      scopes,
      accepts: [201, 202],
    });
    await discard(response);
    this.#leastChunkBytes = Number(response.headers['oci-chunk-min-length'] ?? 0) || 0;
    return response;
  }

  get #scopes(): string[] {
    return this.#repository.scopes('pull', 'push');
  }

  async #sendRest(): Promise<void> {
    const { source, onProgress } = this.#upload;
    this.#location ??= locationOf(await this.#begin('blobs/uploads/', this.#scopes));
    onProgress(this.#sentBytes);
    while (this.#sentBytes < source.size) {
      const end = Math.min(this.#sentBytes + this.#chunkBytes, source.size);
      await this.#patch(this.#location, this.#sentBytes, end);
      this.#sentBytes = end;
    }
    await this.#finish(this.#location);
  }

  async #patch(url: URL, start: number, end: number): Promise<void> {
    const { source } = this.#upload;
    const isWhole = start === 0 && end === source.size;
    const body = Readable.from(this.#read(start, end), { objectMode: false });
    try {
      const response = await this.#repository.session.send(this.#endpoint, {
        method: 'PATCH',
        url,
        headers: {
          'content-type': 'application/octet-stream',
          'content-length': String(end - start),
          ...(isWhole ? {} : { 'content-range': `${start}-${end - 1}` }),
        },
        body,
        scopes: this.#scopes,
        accepts: [201, 202, 204],
      });
      await discard(response);
      this.#location = locationOf(response);
    } finally {
      body.destroy();
    }
  }

  async *#read(start: number, end: number): AsyncGenerator<Buffer> {
    let position = start;
    for await (const chunk of this.#upload.source.read(start, end)) {
      yield chunk;
      this.#upload.onProgress((position += chunk.length));
    }
  }

  async #finish(location: URL): Promise<void> {
    const url = new URL(this.#location ?? location);
    url.searchParams.set('digest', this.#upload.source.digest);
    const response = await this.#repository.session.send(this.#endpoint, {
      method: 'PUT',
      url,
      headers: { 'content-length': '0', 'content-type': 'application/octet-stream' },
      scopes: this.#scopes,
      accepts: [200, 201, 204],
    });
    await discard(response);
  }

  /** Of an upload whose end the registry has taken, though its answer did not come, it knows nothing any more. */
  async #isThere(error: RegistryError): Promise<boolean> {
    const { source } = this.#upload;
    if (error.status !== 404 || this.#location === undefined || this.#sentBytes < source.size) return false;
    return this.#repository.hasBlob(source);
  }

  /** Finds out where to go on after an error. */
  async #canGoOn(error: RegistryError): Promise<boolean> {
    // What one half of a transfer and another come to is for the digest to say: then all of it is sent in one.
    const isMixedUp = error.code === 'DIGEST_INVALID' && this.#wasResumed;
    const isForgotten = this.#location !== undefined && error.status === 404;
    if (isMixedUp || isForgotten) {
      this.#location = undefined;
      this.#sentBytes = 0;
      this.#wasResumed = false;
      return true;
    }
    const isTooMuch = error.code === '413' || error.code === 'SIZE_INVALID';
    const isElsewhere = error.code === '416' || error.code === 'RANGE_INVALID';
    if (!error.isTransient && !isTooMuch && !isElsewhere) return false;
    if (isTooMuch) {
      const least = Math.max(SMALLEST_CHUNK_BYTES, this.#leastChunkBytes);
      if (this.#chunkBytes <= least) return false;
      this.#chunkBytes = Math.max(least, Math.min(Math.floor(this.#chunkBytes / 2), SMALL_CHUNK_BYTES));
    }
    await this.#askOffset();
    return true;
  }

  /** What the registry has of it; a session that it does not know any more begins anew. */
  async #askOffset(): Promise<void> {
    const url = this.#location;
    this.#location = undefined;
    this.#sentBytes = 0;
    if (url === undefined) return;
    try {
      const request = { method: 'GET', url, scopes: this.#scopes, accepts: [200, 202, 204] } as const;
      const response = await this.#repository.session.send(this.#endpoint, request);
      await discard(response);
      const last = /^(?:bytes=)?0-(\d+)$/.exec(response.headers.range ?? '')?.[1];
      this.#location = response.headers.location === undefined ? url : locationOf(response);
      const known = last === undefined || last === '0' ? 0 : Number(last) + 1;
      if (known > this.#upload.source.size) this.#location = undefined;
      else this.#sentBytes = known;
      this.#wasResumed = this.#sentBytes > 0;
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
    }
  }
}

/** Always relative to where the answer came from, if it is relative. */
function locationOf({ headers, url }: RegistryResponse): URL {
  const location = URL.parse(headers.location ?? '', url);
  if (headers.location === undefined || location === null || !['http:', 'https:'].includes(location.protocol))
    throw new RegistryError('system', `${url.host} does not say where to send a blob to`);
  if (url.protocol === 'https:' && location.protocol === 'http:')
    throw new RegistryError('system', `${url.host} wants a blob sent in plain HTTP, to ${location.host}`);
  return location;
}

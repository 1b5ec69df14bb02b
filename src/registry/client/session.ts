import { setTimeout as sleep } from 'node:timers/promises';
import type { Readable } from 'node:stream';
import { EngineError } from '../../base/errors.ts';
import { untilAborted } from '../../base/until-aborted.ts';
import { Authorizer } from './authorizer.ts';
import { connectionError, requestName } from './connection-error.ts';
import { Connections } from './connections.ts';
import type { Credentials } from './credentials.ts';
import type { Endpoint } from './endpoints.ts';
import { proxyFor } from './proxy-for.ts';
import { RegistryError } from './registry-error.ts';
import { discard, type RegistryResponse } from './registry-response.ts';
import type { RegistryOptions } from './registry-options.ts';
import { responseError } from './response-error.ts';
import { backOffMs } from './retry-after.ts';

export type RegistryRequest = {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  url: URL;
  headers?: Record<string, string>;
  /** A stream can be sent once only: such a request is not repeated. */
  body?: Buffer | Readable;
  /** `repository:NAME:pull`, of what it does. */
  scopes: readonly string[];
  /** Statuses that are answers to the caller; any other is an error. */
  accepts: readonly number[];
};

type Sent = { method: string; url: URL; headers: Record<string, string>; body?: Buffer | Readable };

const REDIRECTIONS = [301, 302, 303, 307, 308];
const MAXIMUM_REDIRECTIONS = 10;
/** For a request that asks something; transfers go on where they were. */
const MAXIMUM_ATTEMPTS = 3;

export type SessionOptions = {
  credentials: Credentials | undefined;
  signal: AbortSignal;
  wantsRefreshToken?: boolean;
};

/** What sessions share that one was forked from another. */
type Shared = {
  options: RegistryOptions;
  connections: Connections;
  authorizer: Authorizer;
  holders: number;
  ending: AbortController;
};

/** One operation on registries: its connections, its proofs of who asks, and its end. */
export class Session {
  readonly signal: AbortSignal;
  readonly #shared: Shared;
  #isClosed = false;

  private constructor(shared: Shared, signal: AbortSignal) {
    this.#shared = shared;
    this.signal = signal;
    shared.holders++;
  }

  /** The caller closes it. `signal` ends what it is doing. */
  static open(
    options: RegistryOptions,
    { credentials, signal, wantsRefreshToken = false }: SessionOptions,
  ): Session {
    // A token is for all who share the session, and its request ends with the last of them.
    const sendTo = (endpoint: Endpoint) => (request: Sent) =>
      new Session(shared, shared.ending.signal).#closingAfter(session =>
        session.#sendFollowing(endpoint, request),
      );
    const shared: Shared = {
      options,
      connections: new Connections(options),
      authorizer: new Authorizer(credentials, sendTo, { wantsRefreshToken }),
      holders: 0,
      ending: new AbortController(),
    };
    return new Session(shared, signal);
  }

  /** Another one with the same connections and proofs, which may outlive this one. The caller closes it. */
  fork(signal: AbortSignal): Session {
    return new Session(this.#shared, signal);
  }

  get options(): RegistryOptions {
    return this.#shared.options;
  }

  get authorizer(): Authorizer {
    return this.#shared.authorizer;
  }

  /** Connections end with the last session that has them. Idempotent. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#shared.holders--;
    if (this.#shared.holders > 0) return;
    this.#shared.ending.abort();
    await this.#shared.connections.close();
  }

  async #closingAfter<T>(task: (session: Session) => Promise<T>): Promise<T> {
    try {
      return await task(this);
    } finally {
      await this.close();
    }
  }

  /**
   * Sends a request, proves who asks, follows redirections, and repeats it when the registry is busy; a mirror is not
   * waited for, as there is another host to ask.
   * @throws RegistryError for an answer that the caller does not accept, and for none; cancelled
   */
  async send(endpoint: Endpoint, request: RegistryRequest): Promise<RegistryResponse> {
    const isRepeatable = !endpoint.isMirror && !isStream(request.body);
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#sendOnce(endpoint, request);
      } catch (error) {
        const isWorthIt = isRepeatable && error instanceof RegistryError && error.isTransient;
        if (!isWorthIt || attempt >= MAXIMUM_ATTEMPTS || this.#isTooLong(error.retryAfterMs)) throw error;
        await this.pause(attempt, error.retryAfterMs);
      }
    }
  }

  #isTooLong(askedMs = 0): boolean {
    return askedMs > this.options.patience.longestWaitMs;
  }

  /** Before repetition number `attempt`. @throws EngineError cancelled */
  async pause(attempt: number, askedMs: number | undefined): Promise<void> {
    const ms = backOffMs(attempt, this.options.patience.retryMs, askedMs);
    await sleep(ms, undefined, { signal: this.signal }).catch(() => undefined);
    this.#throwIfAborted();
  }

  async #sendOnce(endpoint: Endpoint, request: RegistryRequest): Promise<RegistryResponse> {
    for (let refused = 0; ; ) {
      const { method, url, body } = request;
      // An upload may go on at another host, for which there is no proof.
      const isOwn = url.origin === new URL(endpoint.base).origin;
      const proof = isOwn ? await this.#proof(endpoint, request) : {};
      const headers = { ...(isOwn ? endpoint.headers : {}), ...request.headers, ...proof };
      const response = await this.#sendFollowing(endpoint, { method, url, headers, ...(body && { body }) });
      if (request.accepts.includes(response.status)) return response;
      const isRefused = response.status === 401 && isOwn && response.url.origin === url.origin;
      if (proof.authorization !== undefined) refused++;
      if (!isRefused || refused > 1) throw await responseError(response);
      await this.authorizer.takeRefusal(endpoint, response, proof.authorization);
      if (isStream(body)) throw tokenEnded();
    }
  }

  async #proof(endpoint: Endpoint, request: RegistryRequest): Promise<{ authorization?: string }> {
    try {
      return await untilAborted(this.signal, this.authorizer.headers(endpoint, request.scopes));
    } catch (error) {
      this.#throwIfAborted();
      throw error instanceof RegistryError ? unproved(request, error) : error;
    }
  }

  /** Proofs and the endpoint's own headers stay with the origin that they are for. */
  async #sendFollowing(endpoint: Endpoint, request: Sent): Promise<RegistryResponse> {
    let { url, headers } = request;
    for (let count = 0; count <= MAXIMUM_REDIRECTIONS; count++) {
      const response = await this.#exchange(endpoint, { ...request, url, headers });
      const { location } = response.headers;
      const isFollowed = request.method === 'GET' || request.method === 'HEAD';
      if (!isFollowed || !REDIRECTIONS.includes(response.status) || location === undefined) return response;
      await discard(response);
      const next = redirected(url, location);
      if (next.origin !== url.origin) headers = withoutProof(headers, endpoint);
      url = next;
    }
    throw new RegistryError('system', `${request.url.host}: stopped after ${MAXIMUM_REDIRECTIONS} redirects`);
  }

  async #exchange(endpoint: Endpoint, { method, url, headers, body }: Sent): Promise<RegistryResponse> {
    this.#throwIfAborted();
    const isOwn = url.origin === new URL(endpoint.base).origin;
    const dispatcher = await this.#shared.connections.to(url, isOwn ? endpoint.tls : undefined);
    try {
      const response = await dispatcher.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method,
        headers: { 'user-agent': this.options.userAgent, ...headers },
        ...(body === undefined ? {} : { body }),
        signal: this.signal,
      });
      // The body's reader gets the error; a body that is given up half-way needs no report.
      response.body.on('error', () => undefined);
      return { status: response.statusCode, headers: joined(response.headers), url, body: response.body };
    } catch (error) {
      this.#throwIfAborted();
      const isProxied = proxyFor(url, this.options.proxies) !== undefined;
      throw connectionError(method, url, { cause: error, isProxied });
    }
  }

  #throwIfAborted(): void {
    if (this.signal.aborted) throw new EngineError('cancelled', 'context canceled');
  }
}

function isStream(body: Sent['body']): boolean {
  return body !== undefined && !Buffer.isBuffer(body);
}

/** As Go's client has it, for which proving who asks is part of the request. */
function unproved({ method, url }: RegistryRequest, error: RegistryError): RegistryError {
  const { kind, code, retryAfterMs, isTransient } = error;
  const details = { code, retryAfterMs, isTransient, cause: error };
  return new RegistryError(kind, `${requestName(method, url)}: ${error.message}`, details);
}

/** A stream has been sent by then: its sender decides where to go on. */
function tokenEnded(): RegistryError {
  const details = { code: 'UNAUTHORIZED', isTransient: true };
  return new RegistryError('unauthorized', 'unauthorized: the token has come to its end', details);
}

function redirected(from: URL, location: string): URL {
  const to = URL.parse(location, from);
  if (to === null || !['http:', 'https:'].includes(to.protocol))
    throw new RegistryError('system', `${from.host} redirects to an address that is none`);
  if (from.protocol === 'https:' && to.protocol === 'http:')
    throw new RegistryError('system', `${from.host} redirects from HTTPS to plain HTTP (${to.host})`);
  return to;
}

function withoutProof(headers: Record<string, string>, endpoint: Endpoint): Record<string, string> {
  const own = ['authorization', 'cookie', ...Object.keys(endpoint.headers)];
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !own.includes(name)));
}

function joined(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, [value ?? []].flat().join(', ')]),
  );
}

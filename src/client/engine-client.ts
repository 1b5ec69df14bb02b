import { encodeJson } from '../base/exact-json.ts';
import { Agent, type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { API_VERSION } from '../api/types.ts';
import type { Endpoint } from './endpoint.ts';
import { ConnectionError, PermissionError, responseError } from './response-error.ts';

export type Query = Record<string, string | number | boolean | readonly string[] | undefined>;

export type CallOptions = {
  query?: Query;
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as it is, `application/x-tar`. */
  upload?: Readable;
  headers?: Record<string, string | string[]>;
  signal?: AbortSignal;
};

/** node:http wants to be told of another protocol than its own. */
type ClientAgent = Agent & { protocol?: string };

/** Spares node:http working out a name for TLS, whose regular expressions take milliseconds to compile. */
const NO_SERVER_NAME = { servername: '' };
const FORBIDDEN = new Set(['EACCES', 'EPERM']);
const UNREACHABLE = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ETIMEDOUT']);

/**
 * Speaks the Engine API to one daemon. Every method throws ResponseError for what the daemon refuses, and
 * ConnectionError where there is none, PermissionError where it is not for this user. `close` ends idle connections, so that the process can end.
 */
export class EngineClient {
  readonly endpoint: Endpoint;
  #version: string;
  readonly #agent: ClientAgent;

  /** `agent`: that of node:https where the daemon is spoken to over TLS; it is the client's from then on. */
  constructor(
    endpoint: Endpoint,
    version: string = API_VERSION,
    agent: ClientAgent = new Agent({ keepAlive: true }),
  ) {
    this.endpoint = endpoint;
    this.#agent = agent;
    this.#version = version;
  }

  get version(): string {
    return this.#version;
  }

  async get<T>(path: string, options: CallOptions = {}): Promise<T> {
    return this.json<T>('GET', path, options);
  }

  async post<T>(path: string, options: CallOptions = {}): Promise<T> {
    return this.json<T>('POST', path, options);
  }

  async delete<T>(path: string, options: CallOptions = {}): Promise<T> {
    return this.json<T>('DELETE', path, options);
  }

  /** The body as it came. */
  async text(method: string, path: string, options: CallOptions = {}): Promise<string> {
    return readAll(await this.stream(method, path, options));
  }

  /** Undefined for an empty answer. */
  async json<T>(method: string, path: string, options: CallOptions): Promise<T> {
    const text = await this.text(method, path, options);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  /** The answer as it comes; its caller reads it to its end, or destroys it. */
  async stream(method: string, path: string, options: CallOptions = {}): Promise<IncomingMessage> {
    if (options.upload !== undefined) await this.negotiate();
    const response = await this.#send(method, path, options);
    if (!isFailure(response)) return response;
    const body = await readAll(response);
    if (options.upload === undefined && this.#lowerVersion(response))
      return this.stream(method, path, options);
    throw responseError(response.statusCode ?? 0, body);
  }

  /** The daemon's headers of `/_ping`. */
  async ping(): Promise<IncomingMessage['headers']> {
    const response = await this.#send('HEAD', '/_ping', {}, '');
    response.resume();
    return response.headers;
  }

  /** Agrees on a version the daemon knows, for requests that cannot be sent twice. */
  async negotiate(): Promise<void> {
    const offered = (await this.ping())['api-version'];
    if (typeof offered === 'string' && isOlder(offered, this.#version)) this.#version = offered;
  }

  /**
   * POSTs, and takes the connection over for raw data (`Upgrade: tcp`, unless the headers have another). `end()` on it closes one direction only:
   * what the daemon still sends is read.
   */
  async hijack(path: string, options: CallOptions = {}): Promise<Socket> {
    const request = this.#open('POST', path, {
      ...options,
      headers: { Connection: 'Upgrade', Upgrade: 'tcp', ...options.headers },
    });
    const { promise, resolve, reject } = Promise.withResolvers<Socket>();
    request.on('upgrade', (_response, socket, head) => {
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    request.on('response', response => {
      readAll(response).then(body => reject(responseError(response.statusCode ?? 0, body)), reject);
    });
    request.on('error', error => reject(this.#connectionError(error)));
    finish(request, options);
    return promise;
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(
    method: string,
    path: string,
    options: CallOptions,
    prefix = `/v${this.#version}`,
  ): Promise<IncomingMessage> {
    const request = this.#open(method, path, options, prefix);
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    request.on('response', resolve);
    request.on('error', error => reject(this.#connectionError(error)));
    if (options.upload === undefined) finish(request, options);
    else
      options.upload
        .on('error', error => {
          reject(error);
          request.destroy();
        })
        .pipe(request);
    return promise;
  }

  #open(method: string, path: string, options: CallOptions, prefix = `/v${this.#version}`): ClientRequest {
    const { endpoint } = this;
    const address =
      'socketPath' in endpoint
        ? { socketPath: endpoint.socketPath, headers: { Host: 'slipway' } }
        : { host: endpoint.host, port: endpoint.port, headers: {} };
    return httpRequest({
      ...address,
      method,
      path: `${prefix}${path}${encodeQuery(options.query ?? {})}`,
      headers: { ...address.headers, ...contentHeaders(method, options), ...options.headers },
      agent: this.#agent,
      protocol: this.#agent.protocol,
      ...NO_SERVER_NAME,
      signal: options.signal,
    });
  }

  #lowerVersion(response: IncomingMessage): boolean {
    const offered = response.headers['api-version'];
    if (response.statusCode !== 400 || typeof offered !== 'string') return false;
    if (!isOlder(offered, this.#version)) return false;
    this.#version = offered;
    return true;
  }

  #connectionError(error: Error & { code?: string }): Error {
    if (FORBIDDEN.has(error.code ?? '')) return new PermissionError(this.endpoint.text, error);
    return UNREACHABLE.has(error.code ?? '') ? new ConnectionError(this.endpoint.text, error) : error;
  }
}

function isFailure(response: IncomingMessage): boolean {
  const status = response.statusCode ?? 0;
  return status < 200 || status >= 400;
}

function contentHeaders(method: string, options: CallOptions): Record<string, string | number> {
  if (options.upload !== undefined) return { 'Content-Type': 'application/x-tar' };
  if (options.body !== undefined) return { 'Content-Type': 'application/json' };
  return method === 'POST' ? { 'Content-Length': 0 } : {};
}

function finish(request: ClientRequest, options: CallOptions): void {
  if (options.body === undefined) request.end();
  else {
    const text = Buffer.from(encodeJson(options.body));
    request.setHeader('Content-Length', text.length);
    request.end(text);
  }
}

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** Keys in order; `undefined` is left out, a list is one parameter for each element. */
export function encodeQuery(query: Query): string {
  const parameters = new URLSearchParams();
  for (const key of Object.keys(query).sort()) {
    const value = query[key];
    if (value === undefined) continue;
    for (const item of Array.isArray(value) ? (value as string[]) : [value])
      parameters.append(key, item === true ? '1' : item === false ? '0' : String(item));
  }
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}

function isOlder(version: string, than: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [thanMajor = 0, thanMinor = 0] = than.split('.').map(Number);
  return major < thanMajor || (major === thanMajor && minor < thanMinor);
}

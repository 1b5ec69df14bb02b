import { getCACertificates } from 'node:tls';
import type { Dispatcher } from 'undici';
import { NO_TLS_MATERIAL, type TlsMaterial } from './certificates.ts';
import { proxyFor } from './proxy-for.ts';
import type { RegistryOptions } from './registry-options.ts';

/** The connections of one operation: certificates are read when it begins, and forgotten with it. */
export class Connections {
  readonly #options: RegistryOptions;
  readonly #dispatchers = new Map<TlsMaterial, Map<string, Promise<Dispatcher>>>();

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  /** What reaches a URL, with the certificates for its endpoint; elsewhere with none. */
  to(url: URL, tls: TlsMaterial = NO_TLS_MATERIAL): Promise<Dispatcher> {
    const proxy = proxyFor(url, this.#options.proxies) ?? '';
    const byProxy = this.#dispatchers.getOrInsertComputed(tls, () => new Map());
    return byProxy.getOrInsertComputed(proxy, () => this.#open(proxy, tls));
  }

  /** Loaded here: most daemons never talk to a registry. */
  async #open(proxy: string, tls: TlsMaterial): Promise<Dispatcher> {
    const { Agent, ProxyAgent } = await import('undici');
    const { connectMs, answerMs, bodyMs } = this.#options.patience;
    const options = {
      connectTimeout: connectMs,
      headersTimeout: answerMs,
      bodyTimeout: bodyMs,
      // One stream that stalls would stall all others.
      allowH2: false,
    };
    const secured = { ...tlsOptions(tls), timeout: connectMs };
    if (proxy === '') return new Agent({ ...options, connect: secured });
    const { username, password, ...url } = splitUser(proxy);
    const token = username === '' ? undefined : `Basic ${btoa(`${username}:${password}`)}`;
    return new ProxyAgent({ ...options, uri: url.href, requestTls: secured, ...(token ? { token } : {}) });
  }

  /** What is still under way is broken off. Idempotent. */
  async close(): Promise<void> {
    const all = [...this.#dispatchers.values()].flatMap(byProxy => [...byProxy.values()]);
    this.#dispatchers.clear();
    await Promise.allSettled(all.map(async opening => (await opening).destroy()));
  }
}

function splitUser(proxy: string): { href: string; username: string; password: string } {
  const url = new URL(proxy);
  const { username, password } = url;
  url.username = '';
  url.password = '';
  return { href: url.href, username: decodeURIComponent(username), password: decodeURIComponent(password) };
}

function tlsOptions({ authorities, clients, verifies }: TlsMaterial): object {
  const ca = new Set([...getCACertificates('default'), ...getCACertificates('system'), ...authorities]);
  return {
    ca: [...ca],
    rejectUnauthorized: verifies,
    ...(clients.length === 0
      ? {}
      : { cert: clients.map(({ certificate }) => certificate), key: clients.map(({ key }) => key) }),
  };
}

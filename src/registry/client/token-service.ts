import { safeInteger, struct, text } from '../../base/go/decode.ts';
import { messageOf } from '../../base/errors.ts';
import { parseGoJson } from '../../base/go/json.ts';
import { basicHeader, type Credentials } from './credentials.ts';
import { isLoopback } from './match-host.ts';
import { RegistryError } from './registry-error.ts';
import { discard, readUpTo, type RegistryResponse } from './registry-response.ts';
import { responseError } from './response-error.ts';

export type Token = {
  token: string;
  /** By this machine's clock; some time before the service's own limit. */
  expiresAtMs: number;
  /** Where one was asked for: what stands for the password from then on. */
  refreshToken: string;
};

export type TokenRequest = {
  /** From the challenge. */
  realm: URL;
  service: string;
  scopes: readonly string[];
  credentials: Credentials | undefined;
  /** Whether an identity token is wanted, too: at a login. */
  wantsRefreshToken: boolean;
};

type Send = (request: {
  method: 'GET' | 'POST';
  url: URL;
  headers: Record<string, string>;
  body?: Buffer;
}) => Promise<RegistryResponse>;

const CLIENT_ID = 'slipway';
const MAXIMUM_BYTES = 256 * 1024;
/** Where the service does not say (Docker's token specification). */
const DEFAULT_SECONDS = 60;

type TokenAnswer = { token?: string; access_token?: string; expires_in?: number; refresh_token?: string };
const tokenAnswer = struct<TokenAnswer>('auth.tokenResponse', {
  token: text(),
  access_token: text(),
  expires_in: safeInteger('int64'),
  refresh_token: text(),
});

/**
 * Asks a token service for a token: with an identity token by POST (OAuth 2), where the service knows that, else by
 * GET, with a password or anonymously.
 * @throws RegistryError unauthorized for wrong credentials: they never become an anonymous token
 */
export async function fetchToken(request: TokenRequest, send: Send): Promise<Token> {
  const { credentials } = request;
  if (credentials?.kind === 'identity-token') {
    const response = await post(request, credentials.token, send);
    if (![404, 405].includes(response.status)) return tokenIn(response);
    await discard(response);
  }
  return tokenIn(await get(request, send));
}

function post(
  { realm, service, scopes }: TokenRequest,
  token: string,
  send: Send,
): Promise<RegistryResponse> {
  const form = new URLSearchParams({ grant_type: 'refresh_token', service, client_id: CLIENT_ID });
  if (scopes.length > 0) form.set('scope', scopes.join(' '));
  form.set('refresh_token', token);
  return send({
    method: 'POST',
    url: realm,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: Buffer.from(form.toString()),
  });
}

function get(
  { realm, service, scopes, credentials, wantsRefreshToken }: TokenRequest,
  send: Send,
): Promise<RegistryResponse> {
  const url = new URL(realm);
  if (service !== '') url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  if (wantsRefreshToken) {
    url.searchParams.set('offline_token', 'true');
    url.searchParams.set('client_id', CLIENT_ID);
  }
  const [username, secret] = userOf(credentials);
  if (username !== '') url.searchParams.set('account', username);
  const headers: Record<string, string> =
    secret === '' ? {} : { authorization: basicHeader(username, secret) };
  return send({ method: 'GET', url, headers });
}

function userOf(credentials: Credentials | undefined): [name: string, secret: string] {
  switch (credentials?.kind) {
    case 'password':
      return [credentials.username, credentials.password];
    case 'identity-token':
      return [credentials.username, credentials.token];
    default:
      return ['', ''];
  }
}

async function tokenIn(response: RegistryResponse): Promise<Token> {
  if (response.status !== 200) throw await responseError(response);
  const { token, access_token, expires_in = 0, refresh_token = '' } = await decodeAnswer(response);
  const found = token || access_token;
  if (!found)
    throw new RegistryError('system', 'authorization server did not include a token in the response');
  const seconds = Math.max(expires_in, DEFAULT_SECONDS);
  return { token: found, expiresAtMs: Date.now() + seconds * 900, refreshToken: refresh_token };
}

async function decodeAnswer(response: RegistryResponse): Promise<TokenAnswer> {
  const body = await readUpTo(response, MAXIMUM_BYTES);
  try {
    return tokenAnswer(parseGoJson(body.toString()), 'token');
  } catch (cause) {
    throw new RegistryError('system', `unable to decode token response: ${messageOf(cause)}`, { cause });
  }
}

/**
 * Whether a registry's credentials may go to a token service: to one on the same host or of the same registrable domain
 * (Docker Hub's and GitLab's are elsewhere than their registries), to those that somebody has named, and never in the
 * clear where the registry is not.
 * @param named `host[:port]`
 */
export async function mayHaveSecrets(
  realm: URL,
  registry: URL,
  named: readonly string[] = [],
): Promise<boolean> {
  if (realm.protocol !== 'https:' && registry.protocol === 'https:') return false;
  if (named.includes(realm.host)) return true;
  if (realm.hostname === registry.hostname) return true;
  if (isLoopback(realm.host) && isLoopback(registry.host)) return true;
  const domain = await domainOf(registry.hostname);
  return domain !== null && domain === (await domainOf(realm.hostname));
}

/**
 * `docker.io` of `auth.docker.io`; null for addresses and for what anybody can have a name below (publicsuffix.org:
 * `co.uk`, and `github.io` as well).
 */
async function domainOf(hostname: string): Promise<string | null> {
  const { getDomain } = await import('tldts');
  return getDomain(hostname, { allowPrivateDomains: true });
}

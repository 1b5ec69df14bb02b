import { type Challenge, parseChallenges } from './challenge.ts';
import { basicHeader, type Credentials } from './credentials.ts';
import type { Endpoint } from './endpoints.ts';
import { RegistryError } from './registry-error.ts';
import { discard, type RegistryResponse } from './registry-response.ts';
import { lacksScope, responseError } from './response-error.ts';
import { fetchToken, mayHaveSecrets, type Token, type TokenRequest } from './token-service.ts';

/** What an endpoint has asked for. */
type Demand = {
  challenge: Challenge;
  tokens: Map<string, Promise<Token>>;
  /** The proof that it came in answer to. */
  refused: string | undefined;
};

/**
 * Authenticates to endpoints, for the time of one operation. Endpoints are asked without proof first, and what
 * they ask for is remembered. Tokens are for the scopes of a request, fetched once however many requests wait for them,
 * and again shortly before their end.
 */
export class Authorizer {
  readonly #credentials: Credentials | undefined;
  readonly #sendTo: (endpoint: Endpoint) => Parameters<typeof fetchToken>[1];
  readonly #demands = new Map<Endpoint, Demand>();
  readonly wantsRefreshToken: boolean;

  /**
   * @param credentials of the registry itself: mirrors never get them
   * @param sendTo how a token service is asked, on behalf of an endpoint
   */
  constructor(
    credentials: Credentials | undefined,
    sendTo: (endpoint: Endpoint) => Parameters<typeof fetchToken>[1],
    { wantsRefreshToken = false } = {},
  ) {
    this.#credentials = credentials;
    this.#sendTo = sendTo;
    this.wantsRefreshToken = wantsRefreshToken;
  }

  /** What goes into a request; nothing as long as nothing has been asked for. */
  async headers(endpoint: Endpoint, scopes: readonly string[]): Promise<{ authorization?: string }> {
    const demand = this.#demands.get(endpoint);
    if (demand === undefined) return {};
    return { authorization: await this.#proof(endpoint, demand, scopes) };
  }

  /**
   * Takes in a 401, so that another try is worth it. A token may have come to its end; a password is wrong for good.
   * @param sent the proof that was refused
   * @throws RegistryError unauthorized where nothing more can be done
   */
  async takeRefusal(endpoint: Endpoint, response: RegistryResponse, sent: string | undefined): Promise<void> {
    const known = this.#demands.get(endpoint);
    // Another request has heard of it already.
    if (known !== undefined && (sent === undefined || sent === known.refused)) return discard(response);
    const challenges = parseChallenges(response.headers['www-authenticate']);
    const challenge =
      challenges.find(({ scheme }) => scheme === 'bearer') ??
      challenges.find(({ scheme }) => scheme === 'basic');
    const isFinal = sent !== undefined && (challenge?.scheme === 'basic' || lacksScope(response));
    if (challenge === undefined || isFinal) throw await responseError(response);
    await discard(response);
    this.#demands.set(endpoint, { challenge, tokens: new Map(), refused: sent });
  }

  async #proof(endpoint: Endpoint, demand: Demand, scopes: readonly string[]): Promise<string> {
    const credentials = endpoint.isMirror ? undefined : this.#credentials;
    if (credentials?.kind === 'registry-token') return `Bearer ${credentials.token}`;
    if (demand.challenge.scheme === 'basic') return basicProof(credentials);
    return `Bearer ${(await this.#token(endpoint, demand, { credentials, scopes })).token}`;
  }

  async #token(
    endpoint: Endpoint,
    demand: Demand,
    { credentials, scopes }: { credentials: Credentials | undefined; scopes: readonly string[] },
  ): Promise<Token> {
    const key = scopes.join(' ');
    const known = demand.tokens.get(key);
    if (known !== undefined && (await known).expiresAtMs > Date.now()) return known;
    // Another request may have begun meanwhile.
    const current = demand.tokens.get(key);
    if (current !== undefined && current !== known) return current;
    const token = this.#fetch(endpoint, demand.challenge, { credentials, scopes });
    demand.tokens.set(key, token);
    token.catch(() => demand.tokens.delete(key));
    return token;
  }

  async #fetch(
    endpoint: Endpoint,
    challenge: Challenge,
    { credentials, scopes }: { credentials: Credentials | undefined; scopes: readonly string[] },
  ): Promise<Token> {
    const request = await tokenRequest(challenge, { credentials, scopes, endpoint });
    const wantsRefreshToken = this.wantsRefreshToken && credentials?.kind === 'password';
    return fetchToken({ ...request, wantsRefreshToken }, this.#sendTo(endpoint));
  }

  /** The identity token that a login has brought; '' for none. */
  async refreshToken(endpoint: Endpoint): Promise<string> {
    for (const token of this.#demands.get(endpoint)?.tokens.values() ?? []) return (await token).refreshToken;
    return '';
  }
}

/** @throws RegistryError forbidden: with 401, docker's CLI would ask for a password, in scripts, too, and wait */
function basicProof(credentials: Credentials | undefined): string {
  if (credentials?.kind !== 'password')
    throw new RegistryError('forbidden', 'no basic auth credentials', { code: 'UNAUTHORIZED' });
  return basicHeader(credentials.username, credentials.password);
}

async function tokenRequest(
  { parameters }: Challenge,
  {
    credentials,
    scopes,
    endpoint,
  }: { credentials: Credentials | undefined; scopes: readonly string[]; endpoint: Endpoint },
): Promise<Omit<TokenRequest, 'wantsRefreshToken'>> {
  const registry = new URL(endpoint.base);
  const realm = URL.parse(parameters.get('realm') ?? '', registry);
  if (realm === null || !['http:', 'https:'].includes(realm.protocol))
    throw new RegistryError('system', `${registry.host} names no token service that could be asked`);
  if (credentials !== undefined && !(await mayHaveSecrets(realm, registry, endpoint.tokenHosts)))
    throw new RegistryError(
      'unauthorized',
      `refusing to send the credentials for ${registry.host} to the token service at ${realm.origin}: where that is meant, add token_hosts = ["${realm.host}"] to the registry's hosts.toml`,
    );
  // A mirror may have the repository under another name, which it says in its challenge.
  const asked = parameters.get('scope')?.split(' ').filter(Boolean) ?? [];
  const wanted = endpoint.isMirror && asked.length > 0 ? asked : scopes;
  return { realm, service: parameters.get('service') ?? '', scopes: wanted, credentials };
}

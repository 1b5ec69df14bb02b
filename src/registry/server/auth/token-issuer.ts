import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type * as Jose from 'jose';

export type Grant = { repository: string; actions: readonly string[] };
export type TokenContent = {
  user: string;
  granted: readonly Grant[];
  /** Whether it is for lists of repositories, too: `registry:catalog:*`. */
  listsAll: boolean;
};
type Access = { type: string; name: string; actions: readonly string[] };

const TOKEN_SECONDS = 300;
const REFRESH_SECONDS = 30 * 24 * 3600;
const KEY_BYTES = 32;

/** Makes and reads tokens (docker's token-auth specification): JSON Web Tokens that this registry alone can sign. */
export class TokenIssuer {
  readonly service: string;
  readonly #key: Uint8Array;
  readonly #jose: typeof Jose;

  private constructor(service: string, key: Uint8Array, jose: typeof Jose) {
    this.service = service;
    this.#key = key;
    this.#jose = jose;
  }

  /** @param keyPath a file of its own, made when missing: tokens outlive a restart */
  static async open(service: string, keyPath: string): Promise<TokenIssuer> {
    if (!existsSync(keyPath)) writeFileSync(keyPath, randomBytes(KEY_BYTES), { mode: 0o600 });
    return new TokenIssuer(service, readFileSync(keyPath), await import('jose'));
  }

  get expiresInSeconds(): number {
    return TOKEN_SECONDS;
  }

  async access({ user, granted, listsAll }: TokenContent): Promise<string> {
    const access: Access[] = granted.map(({ repository, actions }) => ({
      type: 'repository',
      name: repository,
      actions,
    }));
    if (listsAll) access.push({ type: 'registry', name: 'catalog', actions: ['*'] });
    return this.#sign({ use: 'access', access }, user, TOKEN_SECONDS);
  }

  /** @param mark of the user's password, with which the token comes to its end */
  async refresh(user: string, mark: string): Promise<string> {
    return this.#sign({ use: 'refresh', mark }, user, REFRESH_SECONDS);
  }

  #sign(claims: Jose.JWTPayload, user: string, seconds: number): Promise<string> {
    return new this.#jose.SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setIssuer(this.service)
      .setAudience(this.service)
      .setSubject(user)
      .setIssuedAt()
      .setExpirationTime(`${seconds}s`)
      .sign(this.#key);
  }

  /** Undefined for what is no token of ours, or has come to its end. */
  async readAccess(token: string): Promise<TokenContent | undefined> {
    const claims = await this.#verify(token, 'access');
    if (claims === undefined) return undefined;
    const access = (claims.access ?? []) as Access[];
    const granted = access
      .filter(({ type }) => type === 'repository')
      .map(({ name, actions }) => ({ repository: name, actions }));
    return { user: claims.sub ?? '', granted, listsAll: access.some(({ type }) => type === 'registry') };
  }

  /** Whose refresh token it is, and of which of their passwords. */
  async readRefresh(token: string): Promise<{ user: string; mark: string } | undefined> {
    const claims = await this.#verify(token, 'refresh');
    return claims && { user: claims.sub ?? '', mark: typeof claims.mark === 'string' ? claims.mark : '' };
  }

  async #verify(token: string, use: string): Promise<Jose.JWTPayload | undefined> {
    try {
      const options = { issuer: this.service, audience: this.service, algorithms: ['HS256'] };
      const { payload } = await this.#jose.jwtVerify(token, this.#key, options);
      return payload.use === use ? payload : undefined;
    } catch (error) {
      if (error instanceof this.#jose.errors.JOSEError) return undefined;
      throw error;
    }
  }
}

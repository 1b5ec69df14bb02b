import type { IncomingMessage } from 'node:http';
import type { ClientView } from '../../../http/trusted-proxies.ts';
import type { AccessRule } from '../config/registry-config.ts';
import { DistributionError } from '../distribution-error.ts';
import { type Action, ANYBODY, type Guard, type Identity } from './guard.ts';
import type { Htpasswd } from './htpasswd.ts';
import type { Grant, TokenIssuer } from './token-issuer.ts';

export type GuardOptions = {
  htpasswd: Htpasswd;
  /** Undefined: passwords are sent with every request (Basic). */
  tokens: TokenIssuer | undefined;
  /** Whether anybody may pull, where no rules say who may. */
  anonymousPull: boolean;
  rules: () => readonly AccessRule[];
  /** Of the token service, as a client reaches it. */
  realmFor: (client: ClientView) => string;
};

/** Lets in who proves to be somebody, by rules for each repository. */
export class AccessGuard implements Guard {
  readonly #options: GuardOptions;

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  async identify(request: IncomingMessage, client: ClientView): Promise<Identity> {
    const challenge = (scope?: string) => this.#challenge(client, scope);
    const [, scheme = '', proof = ''] = /^(\w+) +(\S+)$/.exec(request.headers.authorization ?? '') ?? [];
    const kind = scheme.toLowerCase();
    if (kind === 'bearer' && this.#options.tokens !== undefined) {
      const content = await this.#options.tokens.readAccess(proof);
      if (content === undefined) throw refusal('the token is not valid', challenge(), 'invalid_token');
      const isGone = content.user !== '' && !this.#options.htpasswd.has(content.user);
      if (isGone) throw refusal('the token is not valid', challenge(), 'invalid_token');
      const { user, granted, listsAll } = content;
      return { name: user, granted, listsAll, challenge };
    }
    if (kind === 'basic') return { name: await this.logIn(proof, challenge), challenge };
    if (request.headers.authorization !== undefined && request.headers.authorization !== '')
      throw refusal('authentication required', challenge());
    return { ...ANYBODY, challenge };
  }

  /** Of `Basic`; the user's name, '' for one without. @throws DistributionError UNAUTHORIZED: never anybody instead */
  async logIn(proof: string, challenge: (scope?: string) => string): Promise<string> {
    const [, user = '', password = ''] =
      /^([^:]*):(.*)$/s.exec(Buffer.from(proof, 'base64').toString()) ?? [];
    if (user === '') return '';
    if (!(await this.#options.htpasswd.verify(user, password)))
      throw refusal('authentication required', challenge());
    return user;
  }

  /** Of a refresh token that is given to a user: it ends with the user's password. */
  markOf(user: string): string {
    return this.#options.htpasswd.markOf(user);
  }

  allows(identity: Identity, action: Action, repository = ''): boolean {
    const { name, granted } = identity;
    if (action === 'ping') return name !== '' || granted !== undefined;
    if (action === 'list')
      return (
        (granted === undefined || identity.listsAll === true) &&
        (name !== '' || this.#rulesAllow('', 'pull', undefined))
      );
    if (action === 'manage') return granted === undefined && this.#rulesAllow(name, 'manage', undefined);
    const isGranted =
      granted === undefined ||
      granted.some(grant => grant.repository === repository && grant.actions.includes(action));
    return isGranted && this.#rulesAllow(name, action, repository);
  }

  lists(identity: Identity, repository: string): boolean {
    return this.allows(identity, 'list') && this.#rulesAllow(identity.name, 'pull', repository);
  }

  #rulesAllow(user: string, action: AccessRule['actions'][number], repository: string | undefined): boolean {
    const rules = this.#options.rules();
    if (rules.length === 0)
      return user !== '' ? action !== 'manage' : action === 'pull' && this.#options.anonymousPull;
    return rules.some(
      rule =>
        rule.actions.includes(action) &&
        (repository === undefined || rule.repositories(repository)) &&
        (rule.anonymous || (user !== '' && (rule.users.includes(user) || rule.users.includes('*')))),
    );
  }

  require(identity: Identity, action: Action, repository?: string): void {
    if (this.allows(identity, action, repository)) return;
    // Whom the rules would let in needs another token; whom they would not, none helps.
    const wouldHelp =
      identity.name === '' ||
      (identity.granted !== undefined && this.#wouldAllow(identity, action, repository));
    if (!wouldHelp) throw new DistributionError('DENIED', 'requested access to the resource is denied');
    // RFC 6750, 3.1: docker's command line then says that it is denied, and does not ask for a password and wait.
    const error = identity.granted === undefined ? undefined : 'insufficient_scope';
    throw refusal('authentication required', identity.challenge?.(scopeOf(action, repository)) ?? '', error);
  }

  #wouldAllow({ name }: Identity, action: Action, repository?: string): boolean {
    return this.allows({ name }, action, repository);
  }

  /** What of the wanted a user may have. */
  grant(user: string, wanted: readonly Grant[]): Grant[] {
    return wanted.map(({ repository, actions }) => {
      const expanded = actions.includes('*') ? ['pull', 'push', 'delete'] : actions;
      const known = expanded.filter(action => action === 'pull' || action === 'push' || action === 'delete');
      return { repository, actions: known.filter(action => this.#rulesAllow(user, action, repository)) };
    });
  }

  /** RFC 7617 and the distribution project's token specification. */
  #challenge(client: ClientView, scope?: string): string {
    const { tokens, realmFor } = this.#options;
    if (tokens === undefined) return 'Basic realm="Registry", charset="UTF-8"';
    const parts = [`realm="${realmFor(client)}"`, `service="${tokens.service}"`];
    if (scope !== undefined) parts.push(`scope="${scope}"`);
    return `Bearer ${parts.join(',')}`;
  }
}

function scopeOf(action: Action, repository: string | undefined): string | undefined {
  if (action === 'list') return 'registry:catalog:*';
  if (repository === undefined) return undefined;
  return `repository:${repository}:${action === 'push' ? 'pull,push' : action}`;
}

function refusal(message: string, challenge: string, error?: string): DistributionError {
  const value =
    error === undefined || !challenge.startsWith('Bearer') ? challenge : `${challenge},error="${error}"`;
  return new DistributionError('UNAUTHORIZED', message, { headers: { 'WWW-Authenticate': value } });
}

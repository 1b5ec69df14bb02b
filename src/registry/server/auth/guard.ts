import type { IncomingMessage } from 'node:http';
import type { ClientView } from '../../../http/trusted-proxies.ts';
import type { Grant } from './token-issuer.ts';

/** What one may want to do with a repository; `list`, `manage` and `ping` are about the registry as a whole. */
export type Action = 'pull' | 'push' | 'delete' | 'list' | 'manage' | 'ping';

/** Who asks. */
export type Identity = {
  /** '' for anybody. */
  name: string;
  /** What a token is for; undefined: whatever the rules allow this client. */
  granted?: readonly Grant[];
  /** Whether that token is for lists of repositories, too. */
  listsAll?: boolean;
  /** What WWW-Authenticate says to this client, for a scope. */
  challenge?: (scope?: string) => string;
};

export const ANYBODY: Identity = { name: '' };

/** Decides who may do what. */
export interface Guard {
  /** @throws DistributionError UNAUTHORIZED for a proof that is none */
  identify(request: IncomingMessage, client: ClientView): Promise<Identity>;
  /** Whether it is allowed, for answers that depend on it. */
  allows(identity: Identity, action: Action, repository?: string): boolean;
  /** Whether a repository is on the lists that this client may have. */
  lists(identity: Identity, repository: string): boolean;
  /** @throws DistributionError UNAUTHORIZED where a proof would help, DENIED where it would not */
  require(identity: Identity, action: Action, repository?: string): void;
}

/** Lets anybody do anything. */
export const OPEN_GUARD: Guard = {
  identify: async () => ANYBODY,
  allows: () => true,
  lists: () => true,
  require: () => undefined,
};

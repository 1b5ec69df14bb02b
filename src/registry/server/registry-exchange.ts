import { type ExchangeOptions, HttpExchange } from '../../http/exchange.ts';
import type { HttpRoute } from '../../http/route-table.ts';
import type { ClientView } from '../../http/trusted-proxies.ts';
import type { Identity } from './auth/guard.ts';
import { checkRepositoryName } from './repository-name.ts';

/** One request to the registry. */
export class RegistryExchange extends HttpExchange {
  readonly identity: Identity;
  readonly client: ClientView;
  /** Bytes of the answer that have gone past Node's socket, which does not count them. */
  sentByKernel = 0;

  constructor(options: ExchangeOptions & { identity: Identity; client: ClientView }) {
    super(options);
    this.identity = options.identity;
    this.client = options.client;
  }

  /** The repository in the path. @throws DistributionError NAME_INVALID */
  get repository(): string {
    return checkRepositoryName(this.param('name'));
  }
}

export type RegistryRoute = HttpRoute<RegistryExchange>;

type Handle = RegistryRoute['handle'];

/** HEAD has the same answer as GET, without its body. */
export const read = (path: string, handle: Handle): RegistryRoute[] => [
  { method: 'GET', path, handle },
  { method: 'HEAD', path, handle },
];
export const post = (path: string, handle: Handle): RegistryRoute => ({ method: 'POST', path, handle });
export const put = (path: string, handle: Handle): RegistryRoute => ({ method: 'PUT', path, handle });
export const patch = (path: string, handle: Handle): RegistryRoute => ({ method: 'PATCH', path, handle });
export const remove = (path: string, handle: Handle): RegistryRoute => ({ method: 'DELETE', path, handle });

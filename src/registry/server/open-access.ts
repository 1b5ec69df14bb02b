import { join } from 'node:path';
import { EngineError, messageOf } from '../../base/errors.ts';
import { watchFiles } from '../../base/watch-files.ts';
import type { ClientView } from '../../http/trusted-proxies.ts';
import { AccessGuard } from './auth/access-guard.ts';
import { type Guard, OPEN_GUARD } from './auth/guard.ts';
import { Htpasswd } from './auth/htpasswd.ts';
import { TokenIssuer } from './auth/token-issuer.ts';
import type { AccessRule } from './config/registry-config.ts';
import type { RegistryRoute } from './registry-exchange.ts';
import type { RegistryLogger } from './registry-logger.ts';
import { tokenRoutes } from './routes/tokens.ts';

export type AccessOptions = {
  root: string;
  htpasswd?: string;
  usesTokens?: boolean;
  anonymousPull?: boolean;
  externalUrl?: string;
};

export type Access = { guard: Guard; routes: RegistryRoute[]; close(): Promise<void> };

/** Who may do what, by the options. The caller closes it. @throws EngineError invalid-parameter */
export async function openAccess(
  options: AccessOptions,
  { rules, logger }: { rules: () => readonly AccessRule[]; logger: RegistryLogger },
): Promise<Access> {
  const { root, htpasswd: path = '', usesTokens = false, anonymousPull = false, externalUrl = '' } = options;
  if (path === '') {
    if (usesTokens || anonymousPull)
      throw new EngineError('invalid-parameter', 'tokens and anonymous pulls need users: an htpasswd file');
    return { guard: OPEN_GUARD, routes: [], close: async () => undefined };
  }
  const htpasswd = await Htpasswd.open(path);
  const stop = watchFiles([path], async () => {
    try {
      await htpasswd.reload();
    } catch (error) {
      logger.error({ error }, `the users were not reloaded: ${messageOf(error)}`);
    }
  });
  const tokens = usesTokens ? await TokenIssuer.open('slipway-registry', join(root, 'token-key')) : undefined;
  const realmFor = (client: ClientView) => `${externalUrl.replace(/\/+$/, '') || urlFor(client)}/token`;
  const guard = new AccessGuard({ htpasswd, tokens, anonymousPull, rules, realmFor });
  const close = async () => {
    stop();
    await htpasswd.close();
  };
  return { guard, routes: tokens === undefined ? [] : tokenRoutes(guard, tokens), close };
}

/** As the client has called it. */
function urlFor({ protocol, host }: ClientView): string {
  return `${protocol}://${(host || 'localhost').replaceAll('"', '')}`;
}

import type { AuthConfig } from '../../../api/types.ts';
import { credentialsOf } from '../../../registry/client/credentials.ts';
import { Session } from '../../../registry/client/session.ts';
import type { DistributionDaemon } from './distribution.ts';
import { registryOptions, whileOpen } from './distribution.ts';

export type RegistryRequest = { auth: AuthConfig; signal: AbortSignal };

/** Has a task done with a session of its own, which ends with it, with the request, and with the engine. */
export function withSession<T>(
  daemon: DistributionDaemon,
  { auth, signal }: RegistryRequest,
  task: (session: Session) => Promise<T>,
  { wantsRefreshToken = false } = {},
): Promise<T> {
  const session = Session.open(registryOptions(daemon.options), {
    credentials: credentialsOf(auth),
    signal: AbortSignal.any([signal, daemon.closing]),
    wantsRefreshToken,
  });
  return whileOpen(
    daemon,
    task(session).finally(() => session.close()),
  );
}

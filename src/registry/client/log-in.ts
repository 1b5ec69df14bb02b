import { STATUS_CODES } from 'node:http';
import { type Endpoint, endpointsOf } from './endpoints.ts';
import { isUnreached, RegistryError } from './registry-error.ts';
import { discard } from './registry-response.ts';
import type { Session } from './session.ts';

/**
 * Tries a session's credentials at a registry. The session is one that `wantsRefreshToken`.
 * @returns an identity token to be kept in the password's stead, '' where the registry has none
 * @throws RegistryError unauthorized for wrong credentials
 */
export async function logIn(session: Session, domain: string): Promise<string> {
  let unreached: unknown;
  for (const endpoint of await endpointsOf(domain, ['push'], session.options)) {
    try {
      return await logInAt(session, endpoint);
    } catch (error) {
      if (!isUnreached(error)) throw error;
      unreached = error;
    }
  }
  throw unreached;
}

async function logInAt(session: Session, endpoint: Endpoint): Promise<string> {
  const url = new URL(`${endpoint.base}/`);
  try {
    await discard(await session.send(endpoint, { method: 'GET', url, scopes: [], accepts: [200] }));
  } catch (cause) {
    if (!(cause instanceof RegistryError) || cause.status === undefined) throw cause;
    const { kind, code, status } = cause;
    const message = `login attempt to ${url.href} failed with status: ${status} ${STATUS_CODES[status] ?? ''}`;
    throw new RegistryError(kind, message.trimEnd(), { code, status, cause });
  }
  return session.authorizer.refreshToken(endpoint);
}

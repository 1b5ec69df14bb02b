import type { AuthConfig } from '../../api/types.ts';

/** How a user proves to a registry who they are. */
export type Credentials =
  | { kind: 'password'; username: string; password: string }
  /** For the token service: an OAuth refresh token. `username` for services that know nothing else. */
  | { kind: 'identity-token'; token: string; username: string }
  /** For the registry itself. */
  | { kind: 'registry-token'; token: string };

/** @returns undefined for anonymous access */
export function credentialsOf(config: AuthConfig): Credentials | undefined {
  const { registrytoken, identitytoken } = config;
  if (registrytoken) return { kind: 'registry-token', token: registrytoken };
  const { username, password } = withAuth(config);
  if (identitytoken) return { kind: 'identity-token', token: identitytoken, username };
  return username === '' && password === '' ? undefined : { kind: 'password', username, password };
}

/** `auth`, user and password in one, stands for them where they are missing. */
function withAuth({ username = '', password = '', auth = '' }: AuthConfig): {
  username: string;
  password: string;
} {
  if (username !== '' || password !== '' || auth === '') return { username, password };
  const [user = '', secret = ''] = Buffer.from(auth, 'base64').toString().split(/:(.*)/s);
  return { username: user, password: secret.replace(/\0+$/, '') };
}

export function basicHeader(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

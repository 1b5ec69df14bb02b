import { credentialsOf } from '../../registry/client/credentials.ts';
import {
  DEFAULT_PATIENCE,
  DEFAULT_RANGES,
  type RegistryOptions,
} from '../../registry/client/registry-options.ts';
import { Session } from '../../registry/client/session.ts';
import type { CliHost } from '../context.ts';
import { VERSION } from '../version.ts';
import { readCredentials } from './credentials.ts';

/** Straight to a registry, as docker does it: no daemon is needed. The caller closes it. */
export async function openSession(
  env: CliHost['env'],
  domain: string,
  {
    insecure = false,
    signal = new AbortController().signal,
  }: { insecure?: boolean; signal?: AbortSignal } = {},
): Promise<Session> {
  const options: RegistryOptions = {
    insecureRegistries: insecure ? [domain] : [],
    mirrors: [],
    certificateDirectories: ['/etc/slipway/certs.d', '/etc/docker/certs.d'],
    proxies: {
      http: env.HTTP_PROXY || env.http_proxy || '',
      https: env.HTTPS_PROXY || env.https_proxy || '',
      none: env.NO_PROXY || env.no_proxy || '',
    },
    userAgent: `slipway/${VERSION}`,
    patience: DEFAULT_PATIENCE,
    ranges: DEFAULT_RANGES,
  };
  return Session.open(options, { credentials: credentialsOf(await readCredentials(env, domain)), signal });
}

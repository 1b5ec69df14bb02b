import type { AuthConfig } from '../../api/types.ts';
import { own } from '../../base/own.ts';
import { HUB_DOMAIN, parseReference } from '../../oci/reference.ts';
import type { CliHost } from '../context.ts';
import { CredentialHelper } from './credential-helper.ts';
import { type DockerConfig, readDockerConfig, writeDockerConfig } from './docker-config.ts';

type Environment = CliHost['env'];

/** What Docker Hub's credentials are kept under. */
export const HUB_KEY = 'https://index.docker.io/v1/';

/** What the credentials of a registry are kept under. */
export function credentialKey(domain: string): string {
  return domain === HUB_DOMAIN ? HUB_KEY : domain;
}

/** `host[:port]` of a key, which may be a URL. */
export function keyHost(key: string): string {
  return key.replace(/^https?:\/\//, '').replace(/\/.*$/s, '');
}

/** The user's credentials as Docker's `config.json` has them: from the registry's helper, from one for all, or inline. */
export async function readCredentials(env: Environment, domain: string): Promise<AuthConfig> {
  const config = readDockerConfig(env);
  const key = credentialKey(domain);
  const helper = helperFor(config, key);
  if (helper !== undefined) return (await helper.get(key)) ?? {};
  const found = own(config.auths, key) ?? sameHost(config, key);
  return found === undefined ? {} : { ...withoutAuth(found), serveraddress: key };
}

/** The value of `X-Registry-Auth` for what is in a registry. */
export async function authHeader(env: Environment, image: string): Promise<Record<string, string>> {
  const { domain } = parseReference(image);
  const auth = await readCredentials(env, domain);
  return { 'X-Registry-Auth': Buffer.from(JSON.stringify(auth)).toString('base64url') };
}

/** @returns whether they are kept unencrypted */
export async function storeCredentials(env: Environment, key: string, auth: AuthConfig): Promise<boolean> {
  const config = readDockerConfig(env);
  const helper = helperFor(config, key);
  const { username = '', password = '', identitytoken } = auth;
  const kept: AuthConfig =
    helper !== undefined
      ? {}
      : {
          auth: Buffer.from(`${username}:${identitytoken ? '' : password}`).toString('base64'),
          ...(identitytoken ? { identitytoken } : {}),
        };
  await helper?.store(key, auth);
  writeDockerConfig(env, { ...config, auths: { ...config.auths, [key]: kept } });
  return helper === undefined;
}

export async function eraseCredentials(env: Environment, key: string): Promise<void> {
  const config = readDockerConfig(env);
  await helperFor(config, key)?.erase(key);
  const auths = Object.entries(config.auths ?? {}).filter(
    ([other]) => other !== key && keyHost(other) !== keyHost(key),
  );
  writeDockerConfig(env, { ...config, auths: Object.fromEntries(auths) });
}

function helperFor({ credHelpers, credsStore }: DockerConfig, key: string): CredentialHelper | undefined {
  const name = own(credHelpers, keyHost(key)) ?? own(credHelpers, key) ?? credsStore;
  return name ? new CredentialHelper(name) : undefined;
}

/** Older versions of Docker wrote URLs. */
function sameHost({ auths = {} }: DockerConfig, key: string): AuthConfig | undefined {
  return Object.entries(auths).find(([other]) => keyHost(other) === keyHost(key))?.[1];
}

function withoutAuth({ auth, ...rest }: AuthConfig): AuthConfig {
  if (!auth) return rest;
  const [username = '', password = ''] = Buffer.from(auth, 'base64').toString().split(/:(.*)/s);
  return { ...rest, username, password };
}

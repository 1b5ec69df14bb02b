import { join } from 'node:path';
import { HUB_DOMAIN } from '../../oci/reference.ts';
import { NO_TLS_MATERIAL, readCertificates, type TlsMaterial } from './certificates.ts';
import { type ConfiguredHost, readHostsFile } from './hosts-file.ts';
import { isInsecure } from './match-host.ts';
import type { RegistryOptions } from './registry-options.ts';

/** Where a registry, or a mirror of it, is asked. */
export type Endpoint = {
  /** The API's URL, without a slash at the end: `https://registry-1.docker.io/v2`. */
  base: string;
  /** Credentials are the registry's own, and no mirror gets them. */
  isMirror: boolean;
  tls: TlsMaterial;
  headers: Record<string, string>;
  /** Hosts of token services that may get credentials beside those of its own domain: somebody has said so. */
  tokenHosts: readonly string[];
};

const HUB_HOST = 'registry-1.docker.io';

/** The host that a reference's domain stands for. */
function registryHost(domain: string): string {
  return domain === HUB_DOMAIN ? HUB_HOST : domain;
}

/** What one wants of a registry; `resolve` is to learn what a tag means. */
export type Purpose = 'resolve' | 'pull' | 'push';

/**
 * Where to ask for what is in a registry, in this order: mirrors, but not for a push, then the registry itself. The
 * configuration is read anew each time.
 * @throws EngineError invalid-parameter for a malformed configuration
 */
export async function endpointsOf(
  domain: string,
  purposes: readonly Purpose[],
  options: RegistryOptions,
): Promise<Endpoint[]> {
  const host = registryHost(domain);
  const directoriesOf = (name: string) => options.certificateDirectories.map(root => join(root, name));
  const names = [...new Set([domain, host])].flatMap(directoriesOf);
  const file = await readHostsFile([...names, ...directoriesOf('_default')]);
  const can = ({ capabilities }: ConfiguredHost) => purposes.every(purpose => capabilities.includes(purpose));
  const mirrors = (file?.mirrors ?? []).filter(can).map(mirror => configured(mirror, true));
  if (domain === HUB_DOMAIN && !purposes.includes('push'))
    for (const mirror of options.mirrors) mirrors.push(await hubMirror(mirror, options));
  if (file?.server !== undefined) return [...mirrors, configured(file.server, false)];
  const own = await ownEndpoints(host, names, options);
  return [...mirrors, ...own.map(endpoint => ({ ...endpoint, tokenHosts: file?.tokenHosts ?? [] }))];
}

function configured(host: ConfiguredHost, isMirror: boolean): Endpoint {
  const { url, overridesPath, tls, headers, tokenHosts } = host;
  return { base: overridesPath ? url : `${url}/v2`, isMirror, tls, headers, tokenHosts };
}

async function hubMirror(mirror: string, options: RegistryOptions): Promise<Endpoint> {
  const url = new URL(mirror);
  const verifies = !(await isInsecure(url.host, options.insecureRegistries));
  const certificates = await readCertificates(
    options.certificateDirectories.map(root => join(root, url.host)),
  );
  const base = `${url.href.replace(/\/+$/, '')}/v2`;
  return { base, isMirror: true, tls: { ...certificates, verifies }, headers: {}, tokenHosts: [] };
}

/** By HTTPS; where that is said to be insecure, by plain HTTP, too. */
async function ownEndpoints(
  host: string,
  directories: readonly string[],
  options: RegistryOptions,
): Promise<Endpoint[]> {
  const insecure = await isInsecure(host, options.insecureRegistries);
  const certificates = await readCertificates(directories);
  const common = { isMirror: false, headers: {}, tokenHosts: [] };
  const secured = { ...common, base: `https://${host}/v2`, tls: { ...certificates, verifies: !insecure } };
  return insecure ? [secured, { ...common, base: `http://${host}/v2`, tls: NO_TLS_MATERIAL }] : [secured];
}

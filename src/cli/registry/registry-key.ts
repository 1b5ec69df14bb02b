import { parseReference } from '../../oci/reference.ts';
import { credentialKey, HUB_KEY, keyHost } from './credentials.ts';

/**
 * What the credentials of a registry are kept under, which people name by its host or by a URL; '' is Docker Hub.
 * @throws Error for what is no host
 */
export function registryKey(server: string): string {
  if (server === '' || server === HUB_KEY) return HUB_KEY;
  const host = keyHost(server);
  // The grammar of references has that of hosts, and knows Docker Hub's.
  return credentialKey(/[.:]/.test(host) ? parseReference(`${host}/x`).domain : host);
}

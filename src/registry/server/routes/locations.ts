import type { RegistryParts } from '../registry-parts.ts';

/** Where something is to be found: relative, so that it is right behind any proxy, unless there is an external URL. */
export function locationOf({ externalUrl }: Pick<RegistryParts, 'externalUrl'>, path: string): string {
  return `${externalUrl}${path}`;
}

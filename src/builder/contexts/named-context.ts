import { formatPlatform, type Platform } from '../../oci/platform.ts';
import { familiarString, parseReference } from '../../oci/reference.ts';
import type { BuildContext, BuildRequest } from '../build-request.ts';

/** What a client has given for a name: a stage's, or an image's in any of its forms, maybe for one platform only. */
export function namedContext(
  { namedContexts }: Pick<BuildRequest, 'namedContexts'>,
  name: string,
  platform: Platform,
): BuildContext | undefined {
  if (namedContexts.size === 0) return undefined;
  const familiar = familiarName(name);
  for (const each of new Set([name, familiar])) {
    const found = namedContexts.get(`${each}::${formatPlatform(platform)}`) ?? namedContexts.get(each);
    if (found !== undefined) return found;
  }
  return undefined;
}

function familiarName(name: string): string {
  try {
    return familiarString(parseReference(name)).replace(/:latest$/, '');
  } catch {
    return name;
  }
}

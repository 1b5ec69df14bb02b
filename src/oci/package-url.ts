import { formatPlatform, type Platform } from './platform.ts';
import { parseReference, withDefaultTag } from './reference.ts';

/** What an image is called among packages (purl-spec, type docker): `pkg:docker/alpine@3.17?platform=linux%2Famd64`. */
export function packageUrl(name: string, platform: Platform): string {
  const { domain, path, tag, digest } = withDefaultTag(parseReference(name));
  const isHub = domain === 'docker.io';
  const place = isHub ? path.replace(/^library\//, '') : `${domain}/${path}`;
  const encodedPlace = place.split('/').map(encodeURIComponent).join('/').replaceAll('%3A', ':');
  const qualifiers = [
    ...(digest === undefined ? [] : [`digest=${digest}`]),
    `platform=${formatPlatform(platform)}`,
  ];
  const query = qualifiers.map(each =>
    each.replace(/=(.*)$/, (_, value: string) => `=${encodeURIComponent(value)}`),
  );
  return `pkg:docker/${encodedPlace}${tag === undefined ? '' : `@${tag}`}?${query.join('&')}`;
}

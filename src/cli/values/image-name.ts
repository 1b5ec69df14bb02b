const DOMAIN_LABEL = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const DOMAIN = new RegExp(`^(?:${DOMAIN_LABEL}(?:\\.${DOMAIN_LABEL})*|\\[[0-9a-fA-F:]+\\])(?::[0-9]+)?$`);
const PATH_PART = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;
const DEFAULT_TAG = 'latest';
const HUB = 'docker.io';

export type ImageName = {
  /** `docker.io/library/busybox`. */
  repository: string;
  /** A tag, or a digest where the name has one; `latest` for neither. */
  tag: string;
  /** As users write it: `busybox:latest`. */
  familiar: string;
};

/**
 * An image reference (distribution's reference grammar) with its defaults filled in.
 * @throws Error with Docker's wording
 */
export function parseImageName(text: string): ImageName {
  if (/^[0-9a-f]{64}$/.test(text))
    throw new Error(`invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`);
  const [beforeDigest = '', digest] = text.split(/@(.*)/s);
  const colon = beforeDigest.lastIndexOf(':');
  const tagged = colon > beforeDigest.lastIndexOf('/');
  const name = tagged ? beforeDigest.slice(0, colon) : beforeDigest;
  const tag = tagged ? beforeDigest.slice(colon + 1) : undefined;
  const { domain, path } = splitDomain(name);
  if (path !== path.toLowerCase() && PATH_PART.test(path.toLowerCase().split('/')[0] ?? ''))
    throw new Error(`invalid reference format: repository name (${path}) must be lowercase`);
  const valid = DOMAIN.test(domain) && path.split('/').every(part => PATH_PART.test(part));
  if (!valid || (tag !== undefined && !TAG.test(tag)) || (digest !== undefined && !DIGEST.test(digest)))
    throw new Error('invalid reference format');
  const familiar = domain === HUB ? path.replace(/^library\/(?=[^/]+$)/, '') : `${domain}/${path}`;
  const shownTag = tag ?? (digest === undefined ? DEFAULT_TAG : undefined);
  return {
    repository: `${domain}/${path}`,
    tag: digest ?? shownTag ?? DEFAULT_TAG,
    familiar: `${familiar}${shownTag === undefined ? '' : `:${shownTag}`}${digest === undefined ? '' : `@${digest}`}`,
  };
}

function splitDomain(name: string): { domain: string; path: string } {
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(slash, 0));
  const isDomain = /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase();
  const domain = slash !== -1 && isDomain ? first : HUB;
  const path = slash !== -1 && isDomain ? name.slice(slash + 1) : name;
  if (domain === 'index.docker.io') return { domain: HUB, path };
  return { domain, path: domain === HUB && !path.includes('/') ? `library/${path}` : path };
}

/** A reference's parts as lists show them; undefined for what is no reference (an image id). */
export function familiarName(
  text: string,
): { name: string; tag: string; digest: string; withoutDigest: string } | undefined {
  const [beforeDigest = '', digest = ''] = text.split(/@(.*)/s);
  const colon = beforeDigest.lastIndexOf(':');
  const tag = colon > beforeDigest.lastIndexOf('/') ? beforeDigest.slice(colon + 1) : '';
  const plain = tag === '' ? beforeDigest : beforeDigest.slice(0, colon);
  try {
    const { domain, path } = splitDomain(plain);
    if (!path.split('/').every(part => PATH_PART.test(part))) return undefined;
    const name = domain === HUB ? path.replace(/^library\/(?=[^/]+$)/, '') : `${domain}/${path}`;
    return { name, tag, digest, withoutDigest: tag === '' ? name : `${name}:${tag}` };
  } catch {
    return undefined;
  }
}

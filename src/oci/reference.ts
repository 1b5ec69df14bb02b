import type { Digest } from '../base/digest.ts';
import { EngineError } from '../base/errors.ts';

/** An image's name in full: `docker.io/library/busybox:latest`. At least one of tag and digest may be missing. */
export type Reference = { domain: string; path: string; tag?: string; digest?: Digest };

export const HUB_DOMAIN = 'docker.io';
const LEGACY_DOMAIN = 'index.docker.io';
const OFFICIAL_PREFIX = 'library/';
const DEFAULT_TAG = 'latest';
/** Domain, path, tag and digest together have less. */
const MAX_LENGTH = 1024;

const DOMAIN_LABEL = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const DOMAIN = `(?:${DOMAIN_LABEL}(?:\\.${DOMAIN_LABEL})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const TAG = '[\\w][\\w.-]{0,127}';
const WHOLE_TAG = new RegExp(`^${TAG}$`);
const DIGEST = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}';
const REFERENCE = new RegExp(`^(${DOMAIN})/(${COMPONENT}(?:/${COMPONENT})*)(?::(${TAG}))?(?:@(${DIGEST}))?$`);

/**
 * Parses a name as people write it, and fills in the registry and `library/` (distribution's reference
 * grammar, and Docker's normalisation). A missing tag stays missing: {@link withDefaultTag}.
 * @throws EngineError invalid-parameter, in Docker's words
 */
export function parseReference(text: string): Reference {
  if (text.length > MAX_LENGTH) throw invalid('invalid reference format');
  if (/^[a-f0-9]{64}$/.test(text))
    throw invalid(`invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`);
  const { domain, remainder } = splitDomain(text);
  const remoteName = remainder.replace(/[:@].*$/s, '');
  if (remoteName !== remoteName.toLowerCase())
    throw invalid(`invalid reference format: repository name (${remoteName}) must be lowercase`);
  const match = REFERENCE.exec(`${domain}/${remainder}`);
  if (match === null) throw invalid('invalid reference format');
  const [, matchedDomain = '', path = '', tag, digest] = match;
  if (path.length > 255) throw invalid('repository name must not be more than 255 characters');
  if (digest !== undefined && !/^sha256:[0-9a-f]{64}$/.test(digest))
    throw invalid('unsupported digest algorithm');
  const reference: Reference = { domain: matchedDomain, path };
  if (tag !== undefined) reference.tag = tag;
  if (digest !== undefined) reference.digest = digest as Digest;
  return reference;
}

function splitDomain(text: string): { domain: string; remainder: string } {
  const slash = text.indexOf('/');
  const first = text.slice(0, Math.max(slash, 0));
  // A first part without dot, port or capitals is a user's name on the default registry.
  const isDomain =
    slash > 0 && (/[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase());
  let domain = isDomain ? first : HUB_DOMAIN;
  let remainder = isDomain ? text.slice(slash + 1) : text;
  if (domain === LEGACY_DOMAIN) domain = HUB_DOMAIN;
  if (domain === HUB_DOMAIN && !remainder.includes('/')) remainder = OFFICIAL_PREFIX + remainder;
  return { domain, remainder };
}

/** Whether a text can be a tag. */
export function isTag(text: string): boolean {
  return WHOLE_TAG.test(text);
}

/**
 * The name that an image is to be given: a tag by itself takes the place of one in the repository's name, as the docker
 * CLI leaves it there; without either it is `latest`.
 * @throws EngineError invalid-parameter, in Docker's words
 */
export function newName(repository: string, tag = ''): Reference {
  const reference = parseReference(repository);
  if (reference.digest !== undefined) throw invalid('cannot import digest reference');
  if (tag !== '' && !isTag(tag)) throw invalid('invalid tag format');
  // It could not be told from the beginning of an id.
  if (familiarName(reference) === 'sha256')
    throw invalid('refusing to create an ambiguous tag using digest algorithm as name');
  return withDefaultTag(tag === '' ? reference : { ...reference, tag });
}

/** The same with tag `latest` where it has neither tag nor digest. */
export function withDefaultTag(reference: Reference): Reference {
  const isComplete = reference.tag !== undefined || reference.digest !== undefined;
  return isComplete ? reference : { ...reference, tag: DEFAULT_TAG };
}

/** `docker.io/library/busybox`. */
export function repositoryOf({ domain, path }: Reference): string {
  return `${domain}/${path}`;
}

/** `docker.io/library/busybox:latest`: the form under which references are kept. */
export function canonicalString(reference: Reference): string {
  return repositoryOf(reference) + suffixOf(reference);
}

/** `busybox`: what people see. */
export function familiarName({ domain, path }: Reference): string {
  if (domain !== HUB_DOMAIN) return `${domain}/${path}`;
  const official = path.startsWith(OFFICIAL_PREFIX) && !path.slice(OFFICIAL_PREFIX.length).includes('/');
  return official ? path.slice(OFFICIAL_PREFIX.length) : path;
}

/** `busybox:latest`. */
export function familiarString(reference: Reference): string {
  return familiarName(reference) + suffixOf(reference);
}

function suffixOf({ tag, digest }: Reference): string {
  return `${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-parameter', message);
}

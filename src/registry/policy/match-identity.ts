import { canonicalString, parseReference, type Reference, repositoryOf } from '../../oci/reference.ts';
import type { SignedIdentity } from './policy-file.ts';

/**
 * Whether a signature for `signed` counts for an image that is asked for as `wanted`, whatever mirror it comes from
 * (containers-policy.json(5), "signedIdentity").
 * @param signed undefined where the signature names nothing: only `matchDigest` is content with that
 */
export function matchesIdentity(
  identity: SignedIdentity,
  wanted: Reference,
  signed: string | undefined,
): boolean {
  if (identity.type === 'matchDigest') return true;
  const reference = signed === undefined ? undefined : tryParse(signed);
  if (reference === undefined) return false;
  const isSame = (other: Reference) =>
    canonicalString(withoutDigest(reference)) === canonicalString(withoutDigest(other));
  const isSameRepository = (other: Reference) => repositoryOf(reference) === repositoryOf(other);
  switch (identity.type) {
    case 'matchExact':
      return wanted.tag !== undefined && isSame(wanted);
    case 'matchRepoDigestOrExact':
      return wanted.tag === undefined ? isSameRepository(wanted) : isSame(wanted);
    case 'matchRepository':
      return isSameRepository(wanted);
    case 'exactReference':
      return isSame(parseReference(identity.dockerReference));
    case 'exactRepository':
      return isSameRepository(parseReference(identity.dockerRepository));
    case 'remapIdentity': {
      const mapped = remapped(wanted, identity);
      return mapped.tag === undefined ? isSameRepository(mapped) : isSame(mapped);
    }
  }
}

/** What a signature should be for, to tell people. */
export function expectedIdentity(identity: SignedIdentity, wanted: Reference): string {
  switch (identity.type) {
    case 'matchDigest':
      return 'any name';
    case 'matchRepository':
      return repositoryOf(wanted);
    case 'exactReference':
      return identity.dockerReference;
    case 'exactRepository':
      return identity.dockerRepository;
    case 'remapIdentity':
      return canonicalString(withoutDigest(remapped(wanted, identity)));
    default:
      return canonicalString(withoutDigest(wanted));
  }
}

function remapped(
  wanted: Reference,
  { prefix, signedPrefix }: { prefix: string; signedPrefix: string },
): Reference {
  const repository = repositoryOf(wanted);
  const isBelow = repository === prefix || repository.startsWith(`${prefix}/`);
  if (!isBelow) return wanted;
  const { domain, path } = parseReference(signedPrefix + repository.slice(prefix.length));
  return { ...wanted, domain, path };
}

function withoutDigest({ domain, path, tag }: Reference): Reference {
  return { domain, path, ...(tag === undefined ? {} : { tag }) };
}

function tryParse(text: string): Reference | undefined {
  try {
    return parseReference(text);
  } catch {
    return undefined;
  }
}

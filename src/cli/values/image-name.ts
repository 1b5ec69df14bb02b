import { EngineError } from '../../base/errors.ts';
import {
  familiarName as nameOf,
  familiarString,
  parseReference,
  type Reference,
  repositoryOf,
  withDefaultTag,
} from '../../oci/reference.ts';

export type ImageName = {
  /** `docker.io/library/busybox`. */
  repository: string;
  /** A tag, or a digest where the name has one; `latest` for neither. */
  tag: string;
  /** As users write it: `busybox:latest`. */
  familiar: string;
};

/**
 * An image reference with its defaults filled in.
 * @throws EngineError with Docker's wording
 */
export function parseImageName(text: string): ImageName {
  const reference = withDefaultTag(parseReference(text));
  const { tag = '', digest = tag } = reference;
  return { repository: repositoryOf(reference), tag: digest, familiar: familiarString(reference) };
}

/** A reference's parts as lists show them; undefined for what is no reference (an image id). */
export function familiarName(
  text: string,
): { name: string; tag: string; digest: string; withoutDigest: string } | undefined {
  const reference = referenceIn(text);
  if (reference === undefined) return undefined;
  const { tag = '', digest = '' } = reference;
  const name = nameOf(reference);
  return { name, tag, digest, withoutDigest: tag === '' ? name : `${name}:${tag}` };
}

function referenceIn(text: string): Reference | undefined {
  try {
    return parseReference(text);
  } catch (error) {
    if (error instanceof EngineError) return undefined;
    throw error;
  }
}

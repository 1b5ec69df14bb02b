import { EngineError } from '../../../base/errors.ts';
import { familiarName, familiarString, type Reference } from '../../../oci/reference.ts';
import { RegistryError } from '../../../registry/client/registry-error.ts';

/** What Docker says of a registry's refusal to give an image: that it may be there is not told to strangers. */
export function pullError(error: unknown, reference: Reference): unknown {
  // What its token service says is told as it is.
  if (!(error instanceof RegistryError) || error.status === undefined) return error;
  const what = describe(error.code, reference);
  return what === undefined
    ? error
    : new EngineError('not-found', `${what}: ${error.message}`, { cause: error });
}

function describe(code: string, reference: Reference): string | undefined {
  switch (code) {
    case 'DENIED':
      return `pull access denied for ${familiarName(reference)}, repository does not exist or may require 'docker login'`;
    case 'MANIFEST_UNKNOWN':
      return `manifest for ${familiarString(reference)} not found`;
    case 'NAME_UNKNOWN':
      return `repository ${familiarName(reference)} not found`;
    default:
      return undefined;
  }
}

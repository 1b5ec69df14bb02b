import type { KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Digest } from '../../base/digest.ts';
import { EngineError, messageOf } from '../../base/errors.ts';
import { canonicalString, familiarString, type Reference } from '../../oci/reference.ts';
import type { Repository } from '../client/repository.ts';
import { findSignatures } from './find-signatures.ts';
import { expectedIdentity, matchesIdentity } from './match-identity.ts';
import { type KeySource, ruleFor, type SignedRequirement } from './policy-file.ts';
import { isSignedBy, readPublicKey } from './signature.ts';

/**
 * Refuses an image that the machine's image policy does not accept, before anything of it is fetched. The policy is
 * read anew each time.
 * @param digest of what `reference` means in the registry now
 * @param policyFile in the form of containers-policy.json(5); where there is none everything is accepted
 * @throws EngineError forbidden, with the rule and its reason; system for a policy that cannot be read
 */
export async function checkImagePolicy(
  repository: Repository,
  { reference, digest, policyFile }: { reference: Reference; digest: Digest; policyFile: string },
): Promise<void> {
  const { scope, requirements } = await ruleFor(policyFile, reference);
  const refusal = (reason: string) =>
    new EngineError(
      'forbidden',
      `image ${familiarString(reference)} is refused by the image policy (${policyFile}, rule ${scope}): ${reason}`,
    );
  for (const requirement of requirements) {
    if (requirement.type === 'reject') throw refusal('images of that name are rejected');
    if (requirement.type === 'insecureAcceptAnything') continue;
    const reason = await whyNotSigned(repository, { reference, digest, requirement, policyFile });
    if (reason !== undefined) throw refusal(reason);
  }
}

type SignatureCheck = {
  reference: Reference;
  digest: Digest;
  requirement: SignedRequirement;
  policyFile: string;
};

/** Undefined where there is a signature by one of the keys, for this digest and a name that counts. */
async function whyNotSigned(
  repository: Repository,
  { reference, digest, requirement, policyFile }: SignatureCheck,
): Promise<string | undefined> {
  const keys = await Promise.all(requirement.keys.map(key => readKey(key, policyFile)));
  const { signedIdentity } = requirement;
  let reason = `a signature of ${canonicalString(reference)} (${digest}) is required, but there is none`;
  for await (const signature of findSignatures(repository, reference, digest)) {
    if (!keys.some(key => isSignedBy(signature, key))) {
      reason = 'no signature is by a key of the rule';
      continue;
    }
    const statement = signature.statement();
    if (statement?.digest !== digest) {
      reason = `the signature is for ${statement?.digest ?? 'something else'}, not for ${digest}`;
      continue;
    }
    if (matchesIdentity(signedIdentity, reference, statement.name)) return undefined;
    const expected = expectedIdentity(signedIdentity, reference);
    reason = `the signature is for ${statement.name ?? 'no name'}, expected ${expected} (${signedIdentity.type})`;
  }
  return reason;
}

async function readKey(key: KeySource, policyFile: string): Promise<KeyObject> {
  try {
    return readPublicKey(
      'path' in key ? await readFile(key.path, 'utf8') : Buffer.from(key.data, 'base64').toString(),
    );
  } catch (cause) {
    const name = 'path' in key ? key.path : 'keyData';
    throw new EngineError('system', `invalid image policy ${policyFile}: key ${name}: ${messageOf(cause)}`, {
      cause,
    });
  }
}

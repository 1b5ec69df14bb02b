import { createPublicKey, type KeyObject, verify } from 'node:crypto';

/** What a signature says: that this manifest is an image, and perhaps of what name. */
export type SignedStatement = { digest: string; name: string | undefined };

/** Something signed, and what it says if the signature is right. */
export type Signature = { payload: Buffer; signature: Buffer; statement: () => SignedStatement | undefined };

const SIMPLE_SIGNING = 'cosign container image signature';
const IN_TOTO = 'application/vnd.in-toto+json';

/** @throws Error for what is no public key */
export function readPublicKey(pem: string): KeyObject {
  // What has a private key in it would be taken for its public half.
  if (/PRIVATE KEY/.test(pem)) throw new Error('it is a private key');
  return createPublicKey(pem);
}

/** ECDSA and RSA over SHA-256, as cosign signs; Ed25519 hashes by itself. */
export function isSignedBy({ payload, signature }: Signature, key: KeyObject): boolean {
  const isEdwards = key.asymmetricKeyType === 'ed25519' || key.asymmetricKeyType === 'ed448';
  try {
    return verify(isEdwards ? null : 'sha256', payload, key, signature);
  } catch {
    return false;
  }
}

/** cosign's SIGNATURE_SPEC.md: the layer is the payload, its annotation has the signature. */
export function simpleSignature(payload: Buffer, base64: string): Signature {
  return { payload, signature: Buffer.from(base64, 'base64'), statement: () => simpleStatement(payload) };
}

function simpleStatement(payload: Buffer): SignedStatement | undefined {
  const { critical } = jsonObject(payload);
  if (!isRecord(critical) || critical.type !== SIMPLE_SIGNING) return undefined;
  const { image, identity } = critical;
  if (!isRecord(image) || typeof image['docker-manifest-digest'] !== 'string') return undefined;
  const name = isRecord(identity) ? identity['docker-reference'] : undefined;
  return {
    digest: image['docker-manifest-digest'],
    name: typeof name === 'string' && name !== '' ? name : undefined,
  };
}

/**
 * The signatures of a sigstore bundle (protobuf-specs, sigstore_bundle.proto, version 0.3) that holds an in-toto
 * statement in a DSSE envelope. None for another kind of bundle.
 */
export function bundleSignatures(bundle: Buffer): Signature[] {
  const { dsseEnvelope } = jsonObject(bundle);
  if (!isRecord(dsseEnvelope) || dsseEnvelope.payloadType !== IN_TOTO) return [];
  if (typeof dsseEnvelope.payload !== 'string' || !Array.isArray(dsseEnvelope.signatures)) return [];
  const body = Buffer.from(dsseEnvelope.payload, 'base64');
  const payload = preAuthenticationEncoding(IN_TOTO, body);
  return dsseEnvelope.signatures
    .filter(isRecord)
    .filter(({ sig }) => typeof sig === 'string')
    .map(({ sig }) => ({
      payload,
      signature: Buffer.from(sig as string, 'base64'),
      statement: () => inTotoStatement(body),
    }));
}

/** DSSE protocol.md, "Signature Definition". */
function preAuthenticationEncoding(type: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${body.length} `), body]);
}

const COSIGN_PREDICATE = 'https://sigstore.dev/cosign/sign/v1';

/** An attestation (provenance, SBOM) is signed the same way, and says nothing of the kind. */
function inTotoStatement(body: Buffer): SignedStatement | undefined {
  const { subject, predicateType } = jsonObject(body);
  if (predicateType !== COSIGN_PREDICATE || !Array.isArray(subject) || subject.length !== 1) return undefined;
  const [only] = subject as unknown[];
  if (!isRecord(only) || !isRecord(only.digest) || typeof only.digest.sha256 !== 'string') return undefined;
  const { name } = only;
  return {
    digest: `sha256:${only.digest.sha256}`,
    name: typeof name === 'string' && name !== '' ? name : undefined,
  };
}

function jsonObject(raw: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(raw.toString());
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

import { createHash, type Hash } from 'node:crypto';
import { DistributionError } from '../distribution-error.ts';

/** A digest of either algorithm that registries have to know (image-spec, descriptor.md). */
export type ContentDigest = `sha256:${string}` | `sha512:${string}`;
export type DigestAlgorithm = 'sha256' | 'sha512';

const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

export function isContentDigest(text: string): text is ContentDigest {
  return DIGEST.test(text);
}

/** @throws DistributionError DIGEST_INVALID */
export function parseContentDigest(text: string): ContentDigest {
  if (isContentDigest(text)) return text;
  throw new DistributionError('DIGEST_INVALID', 'invalid checksum digest format', {
    detail: { digest: text.slice(0, 200) },
  });
}

export function algorithmOf(digest: ContentDigest): DigestAlgorithm {
  return digest.startsWith('sha512:') ? 'sha512' : 'sha256';
}

/** `sha256/0123…`: where it lies in an image layout's `blobs`. */
export function layoutPath(digest: ContentDigest): string {
  return digest.replace(':', '/');
}

export function newHash(algorithm: DigestAlgorithm): Hash {
  return createHash(algorithm);
}

export function contentDigestOf(data: Uint8Array, algorithm: DigestAlgorithm = 'sha256'): ContentDigest {
  return `${algorithm}:${newHash(algorithm).update(data).digest('hex')}`;
}

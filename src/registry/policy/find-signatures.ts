import { type Digest, hexOf, isDigest } from '../../base/digest.ts';
import { EngineError } from '../../base/errors.ts';
import type { Descriptor } from '../../oci/image-spec.ts';
import type { Reference } from '../../oci/reference.ts';
import { fetchSmallBlob } from '../client/download-blob.ts';
import type { FetchedManifest } from '../client/manifest.ts';
import type { Repository } from '../client/repository.ts';
import { bundleSignatures, type Signature, simpleSignature } from './signature.ts';

const SIMPLE_SIGNING_TYPE = 'application/vnd.dev.cosign.simplesigning.v1+json';
const SIGNATURE_ANNOTATION = 'dev.cosignproject.cosign/signature';
const BUNDLE_TYPE = /^application\/vnd\.dev\.sigstore\.bundle\.v0\.3\+json$/;
/** Limit for one image: every client with push rights can add any number. */
const MAXIMUM_SIGNATURES = 50;
const MAXIMUM_BYTES = 256 * 1024;

/**
 * The signatures that a registry has for a manifest, not verified: cosign's under the tag `sha256-HEX.sig`, and sigstore
 * bundles among its referrers.
 */
export async function* findSignatures(
  repository: Repository,
  reference: Reference,
  digest: Digest,
): AsyncGenerator<Signature> {
  const { domain, path } = reference;
  const tagged = await whereThere(repository.manifest({ domain, path, tag: `sha256-${hexOf(digest)}.sig` }));
  for (const layer of layersOf(tagged, type => type === SIMPLE_SIGNING_TYPE)) {
    const signature = layer.annotations?.[SIGNATURE_ANNOTATION];
    if (signature !== undefined) yield simpleSignature(await content(repository, layer), signature);
  }
  const referrers = await repository.referrers(digest);
  for (const referrer of referrers.filter(isBundle).slice(0, MAXIMUM_SIGNATURES)) {
    const manifest = await whereThere(repository.childManifest(referrer));
    for (const layer of layersOf(manifest, type => BUNDLE_TYPE.test(type)))
      yield* bundleSignatures(await content(repository, layer));
  }
}

function isBundle({ artifactType = '', digest }: Descriptor & { artifactType?: string }): boolean {
  return BUNDLE_TYPE.test(artifactType) && isDigest(digest);
}

function layersOf(manifest: FetchedManifest | undefined, isWanted: (type: string) => boolean): Descriptor[] {
  const layers = manifest?.document.layers ?? [];
  return layers.filter(({ mediaType }) => isWanted(mediaType)).slice(0, MAXIMUM_SIGNATURES);
}

function content(repository: Repository, layer: Descriptor): Promise<Buffer> {
  return fetchSmallBlob(repository, layer, MAXIMUM_BYTES);
}

async function whereThere<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof EngineError && error.kind === 'not-found') return undefined;
    throw error;
  }
}

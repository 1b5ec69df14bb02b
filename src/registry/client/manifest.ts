import { messageOf } from '../../base/errors.ts';
import { type Digest, digestOf, isDigest } from '../../base/digest.ts';
import { decodeOciDocument, type OciDocument } from '../../oci/decode-oci.ts';
import { DOCKER_MANIFEST, DOCKER_MANIFEST_LIST, OCI_INDEX, OCI_MANIFEST } from '../../oci/image-spec.ts';
import { RegistryError } from './registry-error.ts';
import { readUpTo, type RegistryResponse } from './registry-response.ts';

export const MANIFEST_TYPES = [OCI_INDEX, DOCKER_MANIFEST_LIST, OCI_MANIFEST, DOCKER_MANIFEST];
/** What registries accept at most, too. */
export const MAXIMUM_MANIFEST_BYTES = 4 * 1024 * 1024;
const SCHEMA_1 = /^application\/vnd\.docker\.distribution\.manifest\.v1\+/;

/** A manifest or an index, verified. */
export type FetchedManifest = {
  raw: Buffer;
  digest: Digest;
  mediaType: string;
  document: OciDocument;
};

/**
 * Reads a manifest from an answer.
 * @param expected what it must hash to, where that is known; otherwise what the registry says it does
 * @throws RegistryError data-loss for another digest, invalid-parameter for what is no manifest
 */
export async function manifestIn(
  response: RegistryResponse,
  reference: string,
  expected?: Digest,
): Promise<FetchedManifest> {
  const raw = await readUpTo(response, MAXIMUM_MANIFEST_BYTES);
  const digest = digestOf(raw);
  const announced = response.headers['docker-content-digest'];
  const wanted = expected ?? (announced !== undefined && isDigest(announced) ? announced : digest);
  if (digest !== wanted)
    throw new RegistryError('data-loss', `manifest verification failed for digest ${wanted}`);
  const contentType = (response.headers['content-type'] ?? '').replace(/;.*$/s, '').trim().toLowerCase();
  refuseSchema1(contentType, reference);
  return manifestOf(raw, contentType);
}

/**
 * What these bytes are; `mediaType` is what the server calls them, '' where it does not say.
 * @throws RegistryError invalid-parameter for what is no manifest
 */
export function manifestOf(raw: Buffer, mediaType: string): FetchedManifest {
  return { raw, digest: digestOf(raw), ...decode(raw, mediaType) };
}

function refuseSchema1(mediaType: string, reference: string): void {
  if (!SCHEMA_1.test(mediaType)) return;
  throw new RegistryError(
    'invalid-parameter',
    `Docker Image Format v1 and Docker Image manifest version 2, schema 1 support has been removed. Suggest the author of ${reference} to upgrade the image to the OCI Format or Docker Image manifest v2, schema 2. More information at https://docs.docker.com/go/deprecated-image-specs/`,
  );
}

/** The type is the document's own; a registry that calls it another one of these types is not believed. */
function decode(raw: Buffer, contentType: string): { mediaType: string; document: OciDocument } {
  const document = decodeDocument(raw, contentType);
  const { manifests, layers, config } = document;
  const isIndex = manifests !== undefined;
  if (isIndex === (layers !== undefined || config !== undefined))
    throw malformed(isIndex ? 'it has both manifests and layers' : 'it has neither manifests nor layers');
  const isKnown = MANIFEST_TYPES.includes(contentType);
  const mediaType = document.mediaType || (isKnown ? contentType : isIndex ? OCI_INDEX : OCI_MANIFEST);
  if (isKnown && contentType !== mediaType)
    throw malformed(`its media type is ${mediaType}, the registry says ${contentType}`);
  if (isIndex !== [OCI_INDEX, DOCKER_MANIFEST_LIST].includes(mediaType))
    throw malformed(`it is no ${mediaType}`);
  return { mediaType, document };
}

function decodeDocument(raw: Buffer, contentType: string): OciDocument {
  try {
    return decodeOciDocument(raw);
  } catch (cause) {
    throw malformed(`${messageOf(cause)} (content type ${JSON.stringify(contentType.slice(0, 100))})`);
  }
}

function malformed(reason: string): RegistryError {
  return new RegistryError('invalid-parameter', `invalid manifest: ${reason}`);
}

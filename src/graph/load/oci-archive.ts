import { type Digest, digestOf, isDigest } from '../../base/digest.ts';
import { EngineError } from '../../base/errors.ts';
import {
  DOCKER_CONFIG,
  DOCKER_MANIFEST_LIST,
  type Descriptor,
  IMAGE_NAME_ANNOTATION,
  type Index,
  type Manifest,
  OCI_CONFIG,
  OCI_INDEX,
  REF_NAME_ANNOTATION,
} from '../oci.ts';
import { hostArchitecture, isForPlatform, type Platform } from '../platform.ts';
import type { Ingest } from '../content/ingest.ts';
import type { ArchiveImage } from './archive-image.ts';
import { parseJson, readFully, type SpooledArchive } from './spooled-archive.ts';

const MAXIMUM_INDEX_DEPTH = 4;

/**
 * The images of an OCI image layout (image-spec image-layout.md). Of an index with several platforms it is the
 * image for `platform`, by default this machine's, else the first that is there; the index comes with it if all
 * its content is in the archive. Attestations and other artifacts are no images.
 * @throws EngineError invalid-parameter when content is missing
 */
export function readOciArchive(archive: SpooledArchive, platform?: Platform): ArchiveImage[] {
  const images = new Map<Digest, ArchiveImage>();
  const { manifests } = archive.json('index.json') as Partial<Index>;
  if (!Array.isArray(manifests)) throw invalidIndex();
  for (const descriptor of manifests) {
    const image = imageOf(archive, descriptor, platform);
    if (image === undefined) continue;
    const id = digestOf(image.rawConfig);
    const known = images.get(id) ?? image;
    known.names.push(...namesOf(descriptor));
    images.set(id, known);
  }
  return [...images.values()];
}

/** What an entry of the layout's index stands for; undefined for what is no image. */
function imageOf(
  archive: SpooledArchive,
  descriptor: Descriptor,
  platform: Platform | undefined,
): ArchiveImage | undefined {
  if (isAttestation(descriptor)) return undefined;
  if (!isIndex(descriptor)) return readImage(archive, descriptor);
  const manifests = manifestsIn(archive, descriptor).filter(manifest => !isAttestation(manifest));
  const chosen = choosePlatform(archive, manifests, platform);
  const image = chosen === undefined ? undefined : readImage(archive, chosen);
  const files = image === undefined ? undefined : contentBelow(archive, descriptor);
  if (image !== undefined && files !== undefined)
    image.index = { raw: readFully(contentOf(archive, descriptor)), files };
  return image;
}

/** All manifests of an index and of those within it. */
function manifestsIn(archive: SpooledArchive, index: Descriptor, depth = 0): Descriptor[] {
  const { manifests } = parseJson(readFully(contentOf(archive, index)), 'an OCI index') as Partial<Index>;
  if (!Array.isArray(manifests) || depth > MAXIMUM_INDEX_DEPTH) throw invalidIndex();
  return manifests.flatMap(descriptor =>
    isIndex(descriptor) ? manifestsIn(archive, descriptor, depth + 1) : [descriptor],
  );
}

function choosePlatform(
  archive: SpooledArchive,
  manifests: Descriptor[],
  platform: Platform | undefined,
): Descriptor | undefined {
  const wanted = platform ?? { os: 'linux', architecture: hostArchitecture() };
  const chosen = manifests.find(
    manifest => manifest.platform === undefined || isForPlatform(manifest.platform, wanted),
  );
  if (chosen !== undefined || platform !== undefined) return chosen;
  // An archive may hold nothing for this machine; it is loaded all the same, as `docker load` does.
  return manifests.find(({ digest }) => archive.withDigest(digest) !== undefined);
}

/** All content that an index refers to, itself excluded; undefined when some is missing. */
function contentBelow(archive: SpooledArchive, descriptor: Descriptor): Ingest[] | undefined {
  const file = archive.withDigest(descriptor.digest);
  if (file === undefined) return undefined;
  const { manifests, config, layers } = parseJson(readFully(file), 'an OCI index') as Partial<
    Index & Manifest
  >;
  const files: Ingest[] = [];
  for (const child of [...(manifests ?? []), ...(config === undefined ? [] : [config]), ...(layers ?? [])]) {
    const own = archive.withDigest(child.digest);
    const isContainer = manifests?.includes(child) ?? false;
    const below = isContainer ? contentBelow(archive, child) : [];
    if (own === undefined || below === undefined) return undefined;
    files.push(own, ...below);
  }
  return files;
}

function readImage(archive: SpooledArchive, descriptor: Descriptor): ArchiveImage | undefined {
  const rawManifest = readFully(contentOf(archive, descriptor));
  const manifest = parseJson(rawManifest, 'an image manifest') as Partial<Manifest>;
  if (manifest.config === undefined || !Array.isArray(manifest.layers))
    throw new EngineError('invalid-parameter', 'invalid image manifest');
  const { mediaType } = manifest.config;
  if (mediaType !== OCI_CONFIG && mediaType !== DOCKER_CONFIG) return undefined;
  return {
    rawConfig: readFully(contentOf(archive, manifest.config)),
    rawManifest,
    layers: manifest.layers.map(layer => contentOf(archive, layer)),
    names: [],
  };
}

/** The file that a descriptor means; its digest and size are checked thereby. */
function contentOf(archive: SpooledArchive, { digest, size, mediaType }: Descriptor): Ingest {
  if (!isDigest(digest))
    throw new EngineError('invalid-parameter', `invalid checksum digest format: ${digest}`);
  const file = archive.withDigest(digest);
  if (file === undefined) throw missingContent(digest, mediaType);
  if (size !== file.sizeBytes)
    throw new EngineError(
      'invalid-parameter',
      `content ${digest} has ${file.sizeBytes} bytes, its descriptor says ${size}`,
    );
  return file;
}

function missingContent(digest: Digest, mediaType: string): EngineError {
  const isForeign = /foreign|nondistributable/.test(mediaType);
  return new EngineError(
    'invalid-parameter',
    isForeign
      ? `layer ${digest} is a foreign layer, which the archive does not contain`
      : `content digest ${digest}: not found in the archive`,
  );
}

function isIndex({ mediaType }: Descriptor): boolean {
  return mediaType === OCI_INDEX || mediaType === DOCKER_MANIFEST_LIST;
}

function isAttestation({ annotations, platform }: Descriptor): boolean {
  return annotations?.['vnd.docker.reference.type'] !== undefined || platform?.os === 'unknown';
}

/** containerd's full name, or OCI's if that is more than a tag. */
function namesOf({ annotations }: Descriptor): string[] {
  const full = annotations?.[IMAGE_NAME_ANNOTATION];
  if (full !== undefined) return [full];
  const name = annotations?.[REF_NAME_ANNOTATION];
  return name !== undefined && /[:/]/.test(name) ? [name] : [];
}

function invalidIndex(): EngineError {
  return new EngineError('invalid-parameter', 'invalid OCI index');
}

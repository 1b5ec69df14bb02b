import { type Digest, isDigest } from '../../base/digest.ts';
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
import { hostArchitecture } from '../platform.ts';
import type { Ingest } from '../content/ingest.ts';
import type { ArchiveImage } from './archive-image.ts';
import { parseJson, readFully, type SpooledArchive } from './spooled-archive.ts';

const MAXIMUM_INDEX_DEPTH = 4;

/**
 * The images of an OCI image layout (image-spec image-layout.md), those for this machine's platform where an
 * index has several; attestations and other artifacts are passed over.
 * @throws EngineError invalid-parameter when content is missing
 */
export function readOciArchive(archive: SpooledArchive): ArchiveImage[] {
  const images = new Map<Digest, ArchiveImage>();
  for (const { descriptor, names } of manifestsOf(archive, archive.json('index.json') as Index)) {
    const file = contentOf(archive, descriptor);
    const known = images.get(file.digest);
    const image = known ?? readImage(archive, file);
    if (image === undefined) continue;
    image.names.push(...names);
    images.set(file.digest, image);
  }
  return [...images.values()];
}

type NamedManifest = { descriptor: Descriptor; names: string[] };

function manifestsOf(archive: SpooledArchive, index: Index, depth = 0): NamedManifest[] {
  if (!Array.isArray(index.manifests) || depth > MAXIMUM_INDEX_DEPTH)
    throw new EngineError('invalid-parameter', 'invalid OCI index');
  return index.manifests.flatMap(descriptor => {
    if (isAttestation(descriptor)) return [];
    const names = namesOf(descriptor);
    if (descriptor.mediaType !== OCI_INDEX && descriptor.mediaType !== DOCKER_MANIFEST_LIST)
      return [{ descriptor, names }];
    const nested = parseJson(readFully(contentOf(archive, descriptor)), 'an OCI index') as Index;
    // An archive of a multi-platform image often holds the content of some platforms only.
    const here = manifestsOf(archive, nested, depth + 1).filter(({ descriptor }) =>
      isForThisMachine(descriptor),
    );
    return here.slice(0, 1).map(({ descriptor }) => ({ descriptor, names }));
  });
}

function readImage(archive: SpooledArchive, manifestFile: Ingest): ArchiveImage | undefined {
  const rawManifest = readFully(manifestFile);
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

/** The file that a descriptor means; its digest is checked thereby. */
function contentOf(archive: SpooledArchive, descriptor: Descriptor): Ingest {
  if (!isDigest(descriptor.digest))
    throw new EngineError('invalid-parameter', `invalid checksum digest format: ${descriptor.digest}`);
  const file = archive.withDigest(descriptor.digest);
  if (file !== undefined) return file;
  const foreign = /foreign|nondistributable/.test(descriptor.mediaType);
  throw new EngineError(
    'invalid-parameter',
    foreign
      ? `layer ${descriptor.digest} is a foreign layer, which the archive does not contain`
      : `content digest ${descriptor.digest}: not found in the archive`,
  );
}

function isAttestation({ annotations, platform }: Descriptor): boolean {
  return annotations?.['vnd.docker.reference.type'] !== undefined || platform?.os === 'unknown';
}

function isForThisMachine({ platform }: Descriptor): boolean {
  return platform === undefined || (platform.os === 'linux' && platform.architecture === hostArchitecture());
}

/** containerd's full name, or OCI's if that is more than a tag. */
function namesOf({ annotations }: Descriptor): string[] {
  const full = annotations?.[IMAGE_NAME_ANNOTATION];
  if (full !== undefined) return [full];
  const name = annotations?.[REF_NAME_ANNOTATION];
  return name !== undefined && /[:/]/.test(name) ? [name] : [];
}

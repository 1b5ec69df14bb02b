import { type Digest, isDigest } from '../../../base/digest.ts';
import { EngineError } from '../../../base/errors.ts';
import { TimeSlice } from '../../../base/time-slice.ts';
import {
  DOCKER_CONFIG,
  type Descriptor,
  IMAGE_NAME_ANNOTATION,
  isAttestation,
  isIndex,
  OCI_CONFIG,
  REF_NAME_ANNOTATION,
} from '../../../oci/image-spec.ts';
import { hostArchitecture, isForPlatform, type Platform } from '../../../oci/platform.ts';
import type { Ingest } from '../../content/ingest.ts';
import { decodeIndex, decodeManifest, decodeOciDocument, indexDocument } from '../../../oci/decode-oci.ts';
import type { ArchiveImage } from './archive-image.ts';
import { readFully, type SpooledArchive } from './spooled-archive.ts';

/**
 * The images of an OCI image layout (image-spec image-layout.md). Of an index with several platforms it is the
 * image for `platform`, by default this machine's, else the first that is there; the index comes with it if all
 * its content is in the archive. Attestations and other artifacts are no images.
 * @throws EngineError invalid-parameter when content is missing
 */
export async function readOciArchive(archive: SpooledArchive, platform?: Platform): Promise<ArchiveImage[]> {
  const images = new Map<Digest, ArchiveImage>();
  const descriptors = archive.json('index.json', indexDocument) ?? [];
  // Each document once, however often it is named.
  for (const named of Map.groupBy(descriptors, ({ digest }) => digest).values()) {
    const image = await imageOf(archive, named[0] as Descriptor, platform);
    if (image === undefined) continue;
    const { digest } = image.config;
    const known = images.get(digest) ?? image;
    known.names.push(...named.flatMap(namesOf));
    images.set(digest, known);
  }
  return [...images.values()];
}

/** What an entry of the layout's index stands for; undefined for what is no image. */
async function imageOf(
  archive: SpooledArchive,
  descriptor: Descriptor,
  platform: Platform | undefined,
): Promise<ArchiveImage | undefined> {
  if (isAttestation(descriptor)) return undefined;
  if (!isIndex(descriptor)) return readImage(archive, descriptor);
  const manifests = await manifestsBelow(archive, descriptor);
  const chosen = choosePlatform(archive, manifests, platform);
  const image = chosen === undefined ? undefined : readImage(archive, chosen);
  const files = image === undefined ? undefined : await contentBelow(archive, descriptor);
  if (image !== undefined && files !== undefined)
    image.index = { document: contentOf(archive, descriptor), files };
  return image;
}

/** All manifests of images of an index and of those within it. */
async function manifestsBelow(archive: SpooledArchive, index: Descriptor): Promise<Descriptor[]> {
  const manifests: Descriptor[] = [];
  await walk([index], descriptor => {
    if (!isIndex(descriptor)) {
      if (!isAttestation(descriptor)) manifests.push(descriptor);
      return [];
    }
    return decodeIndex(readFully(contentOf(archive, descriptor)));
  });
  return manifests;
}

/** Limit for the files of all platforms together, which are open at once. */
const MAXIMUM_FILES = 4096;

/** All content that an index refers to, itself excluded; undefined when some is missing. */
async function contentBelow(archive: SpooledArchive, index: Descriptor): Promise<Ingest[] | undefined> {
  const files = new Set<Ingest | undefined>();
  await walk([index], ({ digest }) => {
    const document = archive.withDigest(digest);
    if (document === undefined) return [];
    const { manifests = [], config, layers = [] } = decodeOciDocument(readFully(document));
    const blobs = config === undefined ? layers : [config, ...layers];
    for (const child of [...manifests, ...blobs]) files.add(archive.withDigest(child.digest));
    if (files.size > MAXIMUM_FILES)
      throw new EngineError('invalid-parameter', `an image has at most ${MAXIMUM_FILES} files`);
    return manifests;
  });
  return files.has(undefined) ? undefined : ([...files] as Ingest[]);
}

/** Visits descriptors and what each visit finds below, in order, each document once. */
async function walk(
  from: readonly Descriptor[],
  visit: (descriptor: Descriptor) => readonly Descriptor[],
): Promise<void> {
  const slice = new TimeSlice();
  const seen = new Set<string>();
  const pending = [...from].reverse();
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (seen.has(next.digest)) continue;
    seen.add(next.digest);
    for (const child of visit(next).toReversed()) pending.push(child);
    if (slice.isOver) await slice.pause();
  }
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

function readImage(archive: SpooledArchive, descriptor: Descriptor): ArchiveImage | undefined {
  const manifest = contentOf(archive, descriptor);
  const { config, layers } = decodeManifest(readFully(manifest));
  if (config.mediaType !== OCI_CONFIG && config.mediaType !== DOCKER_CONFIG) return undefined;
  return {
    config: contentOf(archive, config),
    manifest,
    layers: layers.map(layer => contentOf(archive, layer)),
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

/** containerd's full name, or OCI's if that is more than a tag. */
function namesOf({ annotations }: Descriptor): string[] {
  const full = annotations?.[IMAGE_NAME_ANNOTATION];
  if (full !== undefined) return [full];
  const name = annotations?.[REF_NAME_ANNOTATION];
  return name !== undefined && /[:/]/.test(name) ? [name] : [];
}

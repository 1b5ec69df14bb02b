import type { Readable } from 'node:stream';
import type { Digest } from '../../base/digest.ts';
import { EngineError } from '../../base/errors.ts';
import { shortId } from '../../base/ids.ts';
import { publishingSeldom } from '../content/publish-index.ts';
import type { Ingest } from '../content/ingest.ts';
import type { ProgressMessage } from '../graph.ts';
import type { GraphParts } from '../graph-parts.ts';
import type { ImageConfig } from '../image-config.ts';
import { type LayerBlob, storeImage } from '../images/store-image.ts';
import { isForPlatform, type Platform } from '../platform.ts';
import { familiarString, parseReference, withDefaultTag } from '../references/reference.ts';
import type { ArchiveImage } from './archive-image.ts';
import { readDockerArchive } from './docker-archive.ts';
import { layerBlob } from './layer-blob.ts';
import { layerProgress } from './layer-progress.ts';
import { readLegacyArchive } from './legacy-archive.ts';
import { readOciArchive } from './oci-archive.ts';
import { parseJson, SpooledArchive } from './spooled-archive.ts';

type Progress = (message: ProgressMessage) => void;

export type LoadOptions = {
  progress: Progress;
  /** Only images for it. */
  platform?: Platform | undefined;
};

/**
 * `docker load`: of Docker's archives, old and new, and of OCI layouts in a tar, compressed or not. Images
 * loaded before a bad one in the same archive stay.
 * @throws EngineError invalid-parameter for what is no such archive
 */
export async function loadArchive(
  parts: GraphParts,
  source: Readable,
  { progress, platform }: LoadOptions,
): Promise<void> {
  const archive = await SpooledArchive.read(parts.content, source);
  const owned: Ingest[] = [];
  try {
    const images = await findImages(parts, archive, { owned, platform });
    const wanted = images.filter(({ rawConfig }) => isWanted(rawConfig, platform));
    await publishingSeldom(parts, async () => {
      for (const image of wanted) await loadImage(parts, image, owned, progress);
    });
  } finally {
    archive.discard();
    for (const ingest of owned) ingest.discard();
  }
}

/** Files made on the way are added to `owned`. */
async function findImages(
  parts: GraphParts,
  archive: SpooledArchive,
  { owned, platform }: { owned: Ingest[]; platform: Platform | undefined },
): Promise<ArchiveImage[]> {
  const isLayout = archive.file('index.json') !== undefined;
  // manifest.json knows one platform of each image only.
  if (isLayout && platform !== undefined) return readOciArchive(archive, platform);
  if (archive.file('manifest.json') !== undefined) return readDockerArchive(archive);
  if (isLayout) return readOciArchive(archive);
  if (archive.file('repositories') !== undefined) {
    const legacy = await readLegacyArchive(parts.content, archive);
    owned.push(...legacy.owned);
    return legacy.images;
  }
  throw new EngineError(
    'invalid-parameter',
    'the archive has no manifest.json, so it is not an image archive',
    {
      hint: 'A root file system becomes an image with `import`.',
    },
  );
}

function isWanted(rawConfig: Buffer, platform: Platform | undefined): boolean {
  if (platform === undefined) return true;
  return isForPlatform(parseJson(rawConfig, 'an image configuration') as ImageConfig, platform);
}

async function loadImage(
  parts: GraphParts,
  image: ArchiveImage,
  owned: Ingest[],
  progress: Progress,
): Promise<void> {
  const { rawConfig } = image;
  const diffIds = diffIdsOf(rawConfig);
  const references = image.names.map(name => withDefaultTag(parseReference(name)));
  const { layers, converted } = await layerBlobs(parts, image.layers, owned);
  const before = references.map(reference => parts.images.find(reference));
  const id = await storeImage(parts, {
    rawConfig,
    rawManifest: converted ? undefined : image.rawManifest,
    layers,
    index: image.index,
    references,
    progress: (index, read) => {
      const shown = shortId(diffIds[index] ?? '');
      progress(layerProgress('Loading layer', shown, read, layers[index]?.sizeBytes ?? 0));
    },
  });
  if (references.length === 0) progress({ stream: `Loaded image ID: ${id}\n` });
  references.forEach((reference, index) =>
    reportName(familiarString(reference), before[index], id, progress),
  );
}

/** With those that had to be decompressed first, which are added to `owned`, too. */
async function layerBlobs(
  { content }: GraphParts,
  ingests: Ingest[],
  owned: Ingest[],
): Promise<{ layers: LayerBlob[]; converted: boolean }> {
  const layers: LayerBlob[] = [];
  let converted = false;
  for (const ingest of ingests) {
    const { blob, owned: made } = await layerBlob(content, ingest);
    layers.push(blob);
    if (made === undefined) continue;
    owned.push(made);
    converted = true;
  }
  return { layers, converted };
}

function reportName(name: string, previous: Digest | undefined, id: Digest, progress: Progress): void {
  if (previous !== undefined && previous !== id)
    progress({
      stream: `The image ${name} already exists, renaming the old one with ID ${previous} to empty string\n`,
    });
  progress({ stream: `Loaded image: ${name}\n` });
}

function diffIdsOf(rawConfig: Buffer): string[] {
  const config = parseJson(rawConfig, 'an image configuration') as Partial<ImageConfig>;
  const os = config.os || 'linux';
  if (os !== 'linux') throw new EngineError('invalid-parameter', `cannot load ${os} image on linux`);
  const diffIds = config.rootfs?.diff_ids ?? [];
  if (typeof config.rootfs !== 'object' || !Array.isArray(diffIds))
    throw new EngineError('invalid-parameter', 'invalid image JSON, no RootFS key');
  return diffIds;
}

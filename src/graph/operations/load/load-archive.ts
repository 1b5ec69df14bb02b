import type { Readable } from 'node:stream';
import type { Digest } from '../../../base/digest.ts';
import { EngineError } from '../../../base/errors.ts';
import { shortId } from '../../../base/ids.ts';
import { decodeImageConfig, readImageConfig } from '../../../oci/decode-image-config.ts';
import type { Ingest } from '../../content/ingest.ts';
import type { ProgressMessage } from '../../../api/types.ts';
import type { GraphParts } from '../graph-parts.ts';
import type { LayerBlob } from '../../layers/layer-blob.ts';
import { storeImage } from '../store-image.ts';
import { isForPlatform, type Platform } from '../../../oci/platform.ts';
import { familiarString, parseReference, withDefaultTag } from '../../../oci/reference.ts';
import type { ArchiveImage } from './archive-image.ts';
import { readDockerArchive } from './docker-archive.ts';
import { layerBlob } from '../../layers/layer-blob.ts';
import { layerProgress } from './layer-progress.ts';
import { linkParents } from './link-parents.ts';
import { readLegacyArchive } from './legacy-archive.ts';
import { readOciArchive } from './oci-archive.ts';
import { readFully, SpooledArchive } from './spooled-archive.ts';

type Progress = (message: ProgressMessage) => void;

export type LoadOptions = {
  progress: Progress;
  /** Only images for it. */
  platform?: Platform | undefined;
};

/**
 * `docker load`: of Docker's archives, old and new, and of OCI layouts in a tar, compressed or not. Images
 * loaded before a bad one in the same archive stay. Returns their ids.
 * @throws EngineError invalid-parameter for what is no such archive
 */
export async function loadArchive(
  parts: GraphParts,
  source: Readable,
  { progress, platform }: LoadOptions,
): Promise<Digest[]> {
  const archive = await SpooledArchive.read(parts.content, source);
  const owned: Ingest[] = [];
  try {
    const images = (await findImages(parts, archive, { owned, platform })).filter(image =>
      isWanted(image, platform),
    );
    const ids: Digest[] = [];
    await parts.publishedIndex.writingSeldom(async () => {
      for (const image of images) {
        ids.push(await loadImage(parts, image, owned, progress));
        for (const file of filesOf(image)) file.rest();
      }
    });
    await linkParents(parts.images, images);
    return ids;
  } finally {
    await archive.discard();
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

function filesOf({ config, layers, manifest, index }: ArchiveImage): Ingest[] {
  const documents = [config, manifest, index?.document].filter(file => file !== undefined);
  return [...documents, ...layers, ...(index?.files ?? [])];
}

function isWanted({ config }: ArchiveImage, platform: Platform | undefined): boolean {
  return platform === undefined || isForPlatform(readImageConfig(readFully(config)), platform);
}

async function loadImage(
  parts: GraphParts,
  image: ArchiveImage,
  owned: Ingest[],
  progress: Progress,
): Promise<Digest> {
  const rawConfig = readFully(image.config);
  const config = await decodeImageConfig(rawConfig);
  const { os, rootfs } = config;
  if (os !== 'linux') throw new EngineError('invalid-parameter', `cannot load ${os} image on linux`);
  const references = image.names.map(name => withDefaultTag(parseReference(name)));
  const { layers, converted } = await layerBlobs(parts, image.layers, owned);
  const before = references.map(reference => parts.images.find(reference));
  const id = await storeImage(parts, {
    config,
    rawConfig,
    rawManifest: converted || image.manifest === undefined ? undefined : readFully(image.manifest),
    layers,
    index: image.index && { raw: readFully(image.index.document), files: image.index.files },
    references,
    progress: (index, read) => {
      const shown = shortId(rootfs.diff_ids[index] ?? '');
      progress(layerProgress('Loading layer', shown, read, layers[index]?.sizeBytes ?? 0));
    },
  });
  if (references.length === 0) progress({ stream: `Loaded image ID: ${id}\n` });
  references.forEach((reference, index) =>
    reportName(familiarString(reference), before[index], id, progress),
  );
  return id;
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

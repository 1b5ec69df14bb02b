import type { Readable } from 'node:stream';
import type { Digest } from '../../base/digest.ts';
import { EngineError } from '../../base/errors.ts';
import { shortId } from '../../base/ids.ts';
import { publishIndex } from '../content/publish-index.ts';
import type { Ingest } from '../content/ingest.ts';
import type { ProgressMessage } from '../graph.ts';
import type { GraphParts } from '../graph-parts.ts';
import type { ImageConfig } from '../image-config.ts';
import { type LayerBlob, storeImage } from '../images/store-image.ts';
import { familiarString, parseReference, withDefaultTag } from '../references/reference.ts';
import type { ArchiveImage } from './archive-image.ts';
import { readDockerArchive } from './docker-archive.ts';
import { layerBlob } from './layer-blob.ts';
import { layerProgress } from './layer-progress.ts';
import { readLegacyArchive } from './legacy-archive.ts';
import { readOciArchive } from './oci-archive.ts';
import { parseJson, SpooledArchive } from './spooled-archive.ts';

type Progress = (message: ProgressMessage) => void;

/**
 * `docker load`: of Docker's archives, old and new, and of OCI layouts in a tar, compressed or not. Images
 * loaded before a bad one in the same archive stay.
 * @throws EngineError invalid-parameter for what is no such archive
 */
export async function loadArchive(parts: GraphParts, source: Readable, progress: Progress): Promise<void> {
  const archive = await SpooledArchive.read(parts.content, source);
  const owned: Ingest[] = [];
  try {
    for (const image of await findImages(parts, archive, owned)) {
      const id = await loadImage(parts, image, owned, progress);
      nameImage(parts, id, image.names, progress);
    }
  } finally {
    archive.discard();
    for (const ingest of owned) ingest.discard();
  }
}

/** Files made on the way are added to `owned`. */
async function findImages(
  parts: GraphParts,
  archive: SpooledArchive,
  owned: Ingest[],
): Promise<ArchiveImage[]> {
  if (archive.file('manifest.json') !== undefined) return readDockerArchive(archive);
  if (archive.file('index.json') !== undefined) return readOciArchive(archive);
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

async function loadImage(
  parts: GraphParts,
  { rawConfig, rawManifest, layers: ingests }: ArchiveImage,
  owned: Ingest[],
  progress: Progress,
): Promise<Digest> {
  const diffIds = diffIdsOf(rawConfig);
  const layers: LayerBlob[] = [];
  let converted = false;
  for (const ingest of ingests) {
    const { blob, owned: made } = await layerBlob(parts.content, ingest);
    layers.push(blob);
    if (made !== undefined) {
      owned.push(made);
      converted = true;
    }
  }
  return storeImage(parts, {
    rawConfig,
    rawManifest: converted ? undefined : rawManifest,
    layers,
    progress: (index, read) => {
      const id = shortId(diffIds[index] ?? '');
      progress(layerProgress('Loading layer', id, read, layers[index]?.sizeBytes ?? 0));
    },
  });
}

function diffIdsOf(rawConfig: Buffer): string[] {
  const config = parseJson(rawConfig, 'an image configuration') as Partial<ImageConfig>;
  const os = config.os || 'linux';
  if (os !== 'linux') throw new EngineError('invalid-parameter', `cannot load ${os} image on linux`);
  const diffIds = config.rootfs?.diff_ids ?? [];
  if (config.rootfs === undefined || !Array.isArray(diffIds))
    throw new EngineError('invalid-parameter', 'invalid image JSON, no RootFS key');
  return diffIds;
}

function nameImage(parts: GraphParts, id: Digest, names: string[], progress: Progress): void {
  if (names.length === 0) progress({ stream: `Loaded image ID: ${id}\n` });
  for (const name of names) {
    const reference = withDefaultTag(parseReference(name));
    const shown = familiarString(reference);
    const previous = parts.images.find(reference);
    if (previous !== undefined && previous !== id)
      progress({
        stream: `The image ${shown} already exists, renaming the old one with ID ${previous} to empty string\n`,
      });
    parts.images.tag(reference, id);
    progress({ stream: `Loaded image: ${shown}\n` });
  }
  if (names.length > 0) publishIndex(parts);
}

import { digestOf } from '../../base/digest.ts';
import { EngineError } from '../../base/errors.ts';
import type { Ingest } from '../content/ingest.ts';
import { parseReference } from '../references/reference.ts';
import type { ArchiveImage } from './archive-image.ts';
import { readOciArchive } from './oci-archive.ts';
import { readFully, type SpooledArchive } from './spooled-archive.ts';

type ManifestItem = { Config?: unknown; RepoTags?: unknown; Layers?: unknown };

/**
 * The images of a `docker save` archive, as its manifest.json has them. Docker 25 and later put an OCI layout
 * into the same archive: then the images keep the manifests they have there.
 * @throws EngineError invalid-parameter
 */
export function readDockerArchive(archive: SpooledArchive): ArchiveImage[] {
  const items = archive.json('manifest.json');
  if (!Array.isArray(items)) throw new EngineError('invalid-parameter', 'invalid manifest.json: not a list');
  const manifests = ociManifests(archive);
  return items.map((item: ManifestItem) => {
    if (typeof item?.Config !== 'string' || !Array.isArray(item.Layers))
      throw new EngineError('invalid-parameter', 'invalid manifest.json: Config or Layers missing');
    const rawConfig = readFully(fileOf(archive, item.Config));
    const layers = item.Layers.map(path => fileOf(archive, String(path)));
    const names = Array.isArray(item.RepoTags) ? item.RepoTags.map(String) : [];
    const found = manifests.find(manifest => isSameImage(manifest, { rawConfig, layers }));
    for (const name of names) checkTag(name);
    return { ...found, rawConfig, layers, names };
  });
}

/** A name in manifest.json is a tag. One that lacks it means `latest`, though Docker refuses that. */
function checkTag(name: string): void {
  if (parseReference(name).digest !== undefined)
    throw new EngineError('invalid-parameter', `invalid tag ${JSON.stringify(name)}`);
}

function ociManifests(archive: SpooledArchive): ArchiveImage[] {
  if (archive.file('index.json') === undefined) return [];
  try {
    return readOciArchive(archive);
  } catch {
    // manifest.json says all that is needed; the other half of the archive may be incomplete.
    return [];
  }
}

function isSameImage(
  manifest: ArchiveImage,
  { rawConfig, layers }: { rawConfig: Buffer; layers: Ingest[] },
): boolean {
  return (
    digestOf(manifest.rawConfig) === digestOf(rawConfig) &&
    manifest.layers.length === layers.length &&
    manifest.layers.every((layer, index) => layer.digest === layers[index]?.digest)
  );
}

function fileOf(archive: SpooledArchive, path: string): Ingest {
  const file = archive.file(path);
  if (file === undefined) throw new EngineError('invalid-parameter', `the archive has no ${path}`);
  return file;
}

import { EngineError } from '../../../base/errors.ts';
import { arrayOf, strings, struct, text } from '../../../base/go/decode.ts';
import type { Ingest } from '../../content/ingest.ts';
import { parseReference } from '../../../oci/reference.ts';
import type { ArchiveImage } from './archive-image.ts';
import { readOciArchive } from './oci-archive.ts';
import type { SpooledArchive } from './spooled-archive.ts';

const manifest = arrayOf(
  struct<{ Config?: string; RepoTags?: string[]; Layers?: string[]; Parent?: string }>(
    'tarexport.manifestItem',
    { Config: text(), RepoTags: strings, Layers: strings, Parent: text() },
  ),
  '[]tarexport.manifestItem',
);

/**
 * The images of a `docker save` archive, as its manifest.json has them. Docker 25 and later put an OCI layout
 * into the same archive: then the images keep the manifests they have there.
 * @throws EngineError invalid-parameter
 */
export async function readDockerArchive(archive: SpooledArchive): Promise<ArchiveImage[]> {
  const items = archive.json('manifest.json', manifest) ?? [];
  const byConfig = Map.groupBy(await ociImages(archive), ({ config }) => config.digest);
  return items.map(({ Config = '', Layers = [], RepoTags: names = [], Parent }) => {
    const config = fileOf(archive, Config);
    const layers = Layers.map(path => fileOf(archive, path));
    const found = byConfig.get(config.digest)?.find(image => hasLayers(image, layers));
    for (const name of names) checkTag(name);
    return { ...found, config, layers, names, ...(Parent ? { parent: Parent } : {}) };
  });
}

/** A name in manifest.json is a tag. One that lacks it means `latest`, though Docker refuses that. */
function checkTag(name: string): void {
  if (parseReference(name).digest !== undefined)
    throw new EngineError('invalid-parameter', `invalid tag ${JSON.stringify(name)}`);
}

async function ociImages(archive: SpooledArchive): Promise<ArchiveImage[]> {
  if (archive.file('index.json') === undefined) return [];
  try {
    return await readOciArchive(archive);
  } catch {
    // manifest.json says all that is needed; the other half of the archive may be incomplete.
    return [];
  }
}

function hasLayers(image: ArchiveImage, layers: readonly Ingest[]): boolean {
  return (
    image.layers.length === layers.length &&
    image.layers.every((layer, index) => layer.digest === layers[index]?.digest)
  );
}

function fileOf(archive: SpooledArchive, path: string): Ingest {
  const file = archive.file(path);
  if (file === undefined) throw new EngineError('invalid-parameter', `the archive has no ${path}`);
  return file;
}

import { encodeJson } from '../../../base/exact-json.ts';
import { containerConfig } from '../../../api/decode-container-config.ts';
import type { ContainerConfig } from '../../../api/types.ts';
import { EngineError } from '../../../base/errors.ts';
import {
  anything,
  bool,
  type Decoder,
  mapOf,
  stringMap,
  struct,
  text,
  time,
} from '../../../base/go/decode.ts';
import type { ContentStore } from '../../content/content-store.ts';
import type { Ingest } from '../../content/ingest.ts';
import type { ArchiveImage } from './archive-image.ts';
import { decompressedIngest } from '../../layers/layer-blob.ts';
import type { SpooledArchive } from './spooled-archive.ts';

/** The members that are read here; all others go into the configuration, and are checked there. */
type V1Image = {
  parent?: string;
  created?: string;
  author?: string;
  comment?: string;
  throwaway?: boolean;
  container_config?: ContainerConfig;
  written: Record<string, unknown>;
};

const v1Fields = struct<Omit<V1Image, 'written'>>('image.V1Image', {
  parent: text(),
  created: time,
  author: text(),
  comment: text(),
  throwaway: bool,
  container_config: containerConfig,
});

const v1Image: Decoder<V1Image> = (value, path) => ({
  ...v1Fields(value, path),
  written: { ...(anything(value, path) as object) },
});

const repositoriesDocument = mapOf(stringMap, 'map[string]map[string]string');

/** What a v1 image says of itself as a layer, and an image configuration does not have. */
const V1_ONLY = ['id', 'parent', 'Size', 'parent_id', 'layer_id', 'throwaway'];
const MAXIMUM_LAYERS = 512;

/**
 * The images of an archive from before Docker 1.10: `repositories`, and a directory for each layer with `json`
 * and `layer.tar`. Their configurations are put together from the layers' ones (Docker image spec v1).
 * @returns also the files made for this, which the caller discards in the end
 * @throws EngineError invalid-parameter
 */
export async function readLegacyArchive(
  content: ContentStore,
  archive: SpooledArchive,
): Promise<{ images: ArchiveImage[]; owned: Ingest[] }> {
  const repositories = archive.json('repositories', repositoriesDocument) ?? {};
  const names = new Map<string, string[]>();
  for (const [repository, tags] of Object.entries(repositories)) {
    for (const [tag, id] of Object.entries(tags))
      names.set(id, [...(names.get(id) ?? []), `${repository}:${tag}`]);
  }
  const owned: Ingest[] = [];
  const plainLayers = new Map<string, Ingest>();
  const plainLayer = async (id: string): Promise<Ingest> => {
    let plain = plainLayers.get(id);
    if (plain === undefined) {
      const layer = archive.file(`${id}/layer.tar`);
      if (layer === undefined)
        throw new EngineError('invalid-parameter', `the archive has no ${id}/layer.tar`);
      plain = await decompressedIngest(content, layer);
      owned.push(plain);
      plain.rest();
      plainLayers.set(id, plain);
    }
    return plain;
  };
  const images: ArchiveImage[] = [];
  for (const [id, imageNames] of names) {
    const lineage = lineageOf(archive, id);
    const layers: Ingest[] = [];
    for (const { id, image } of lineage) if (image.throwaway !== true) layers.push(await plainLayer(id));
    const config = content.ingest();
    owned.push(config);
    config.write(
      configOf(
        lineage.map(({ image }) => image),
        layers,
      ),
    );
    config.rest();
    images.push({ config, layers, names: imageNames });
  }
  return { images, owned };
}

/** Bottom first. */
function lineageOf(archive: SpooledArchive, top: string): { id: string; image: V1Image }[] {
  const lineage: { id: string; image: V1Image }[] = [];
  for (let id: string | undefined = top; id !== undefined && id !== ''; ) {
    const image: V1Image | undefined = archive.json(`${id}/json`, v1Image);
    if (image === undefined) throw new EngineError('invalid-parameter', `the archive has no ${id}/json`);
    lineage.unshift({ id, image });
    if (lineage.length > MAXIMUM_LAYERS) throw new EngineError('invalid-parameter', 'max depth exceeded');
    id = image.parent;
  }
  return lineage;
}

function configOf(lineage: V1Image[], layers: Ingest[]): Buffer {
  const top = Object.entries(lineage.at(-1)?.written ?? {}).filter(([key]) => !V1_ONLY.includes(key));
  const config = {
    architecture: 'amd64',
    os: 'linux',
    ...Object.fromEntries(top),
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
    history: lineage.map(image => ({
      ...(image.created === undefined ? {} : { created: image.created }),
      ...(image.author === undefined ? {} : { author: image.author }),
      created_by: (image.container_config?.Cmd ?? []).join(' '),
      ...(image.comment === undefined ? {} : { comment: image.comment }),
      ...(image.throwaway === true ? { empty_layer: true } : {}),
    })),
  };
  return Buffer.from(encodeJson(config));
}

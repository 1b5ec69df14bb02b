import { type Digest, digestOf } from '../../base/digest.ts';
import { EngineError } from '../../base/errors.ts';
import { type Descriptor, OCI_INDEX, OCI_MANIFEST } from '../../oci/image-spec.ts';
import type { ImageBlob, PushedImage } from '../../oci/pushed-image.ts';
import type { Build } from '../build.ts';
import { temporaryDirectory } from '../build.ts';
import type { Built } from '../build-image.ts';
import type { ImageOptions } from '../exporters/export-options.ts';
import { documentBlob, layerBlob } from '../exporters/layer-blobs.ts';
import type { CachedLayer } from '../solver/result-cache.ts';
import { CACHE_CONFIG, type CacheConfig, UNCOMPRESSED } from './cache-config.ts';
import { type MadeLayer, madeLayers } from './made-layers.ts';

type Holder = Pick<Build, 'parts' | 'undo' | 'signal'>;

export type CacheFormat = Pick<ImageOptions, 'compression' | 'level' | 'force' | 'ociTypes'> & {
  /** `max`: of all stages; `min`: of the result alone. */
  mode: 'min' | 'max';
  /** A manifest, as registries know them, or else an index, as BuildKit wrote it before 0.21. */
  isManifest: boolean;
};

/** What builds have made, as a cache that other builders can use. */
export async function assembleCache(
  holder: Holder,
  builds: readonly Built[],
  format: CacheFormat,
): Promise<PushedImage & { top: Descriptor }> {
  const directory = temporaryDirectory(holder);
  const config: CacheConfig = { layers: [], records: [] };
  const blobs = new Map<Digest, ImageBlob>();
  const indexes = new Map<Digest, number>();
  for (const built of builds) for (const made of madeLayers(built)) await add(built, made);
  const rawConfig = Buffer.from(JSON.stringify(config));
  const descriptor = { mediaType: CACHE_CONFIG, digest: digestOf(rawConfig), size: rawConfig.length };
  const layers = [...blobs].map(([diffId, blob]) => annotated(blob.descriptor, diffId));
  const document = documentOf(layers, descriptor, format);
  const all = [...blobs.values(), documentBlob({ ...holder, directory }, descriptor, rawConfig)];
  return { blobs: all, documents: [document], top: document.descriptor };

  async function add(built: Built, made: MadeLayer): Promise<void> {
    const { layer, below, isResult } = made;
    const keys = built.parts.cache.keysOf(layer);
    const { createdAt, chainId, diffId } = layer;
    const isWanted = format.mode === 'max' || isResult;
    const blob = isWanted ? await blobOf(built, layer) : undefined;
    if (blob === undefined) {
      config.records.push(...keys.map(digest => ({ digest, elsewhere: { diffID: diffId, createdAt } })));
      return;
    }
    const index = indexes.get(chainId) ?? config.layers.length;
    if (!indexes.has(chainId)) {
      const { mediaType, digest, size } = blob.descriptor;
      const parent = below === undefined ? -1 : (indexes.get(below) ?? -1);
      config.layers.push({
        blob: digest,
        parent,
        annotations: { mediaType, diffID: diffId, size, createdAt },
      });
      config.records.push(...keys.map(key => ({ digest: key, layers: [{ layer: index, createdAt }] })));
      indexes.set(chainId, index);
    }
  }

  /** Undefined where nobody has the layer. */
  async function blobOf({ parts }: Built, { chainId, diffId }: CachedLayer): Promise<ImageBlob | undefined> {
    const known = blobs.get(diffId);
    if (known !== undefined) return known;
    try {
      await parts.builds.fetch(chainId);
    } catch (error) {
      if (error instanceof EngineError && error.kind === 'not-found') return undefined;
      throw error;
    }
    const { signal } = holder;
    const blob = await layerBlob({ parts, directory, signal }, diffId, format);
    blobs.set(diffId, blob);
    return blob;
  }
}

function annotated(descriptor: Descriptor, diffId: Digest): Descriptor {
  return { ...descriptor, annotations: { [UNCOMPRESSED]: diffId } };
}

function documentOf(layers: Descriptor[], config: Descriptor, { isManifest }: CacheFormat) {
  const content = isManifest
    ? { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers }
    : { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [...layers, config] };
  const raw = Buffer.from(JSON.stringify(content));
  return { descriptor: { mediaType: content.mediaType, digest: digestOf(raw), size: raw.length }, raw };
}

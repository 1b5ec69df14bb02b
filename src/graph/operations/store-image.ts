import { type Digest, digestOf } from '../../base/digest.ts';
import { removeUnreferenced } from './collect-garbage.ts';
import { syncLayers } from './sync-layers.ts';
import type { GraphParts } from './graph-parts.ts';
import type { ImageConfig } from '../../oci/image-config.ts';
import { chainIdsOf } from '../../oci/chain-id.ts';
import type { LayerBlob } from '../layers/layer-blob.ts';
import { type Manifest, OCI_CONFIG, OCI_LAYER, OCI_MANIFEST } from '../../oci/image-spec.ts';
import { EngineError } from '../../base/errors.ts';

import type { Reference } from '../../oci/reference.ts';

export type NewImage = {
  config: ImageConfig;
  rawConfig: Buffer;
  /** Bottom first, as many as the configuration has diffIDs. */
  layers: LayerBlob[];
  /** Annotations of the manifest that is made. */
  annotations?: Record<string, string> | undefined;
  /** As it came with the image; otherwise one is made. */
  rawManifest?: Buffer | undefined;
  /** The index of several platforms that it belongs to, and all content that the index refers to. */
  index?: { raw: Buffer; files: { digest: Digest; commit(): Promise<void> }[] } | undefined;
  /** Names for it, which other images lose. */
  references?: Reference[];
  /** The image that it was made from. */
  parent?: Digest | undefined;
  /** `read` bytes of layer `index` have been unpacked. */
  progress?: ((index: number, read: number) => void) | undefined;
  /** Layer `index` is there. */
  unpacked?: ((index: number) => void) | undefined;
};

/**
 * Puts an image into the graph: its content, its unpacked layers, and at last, when all is whole, its record.
 * On failure, what it brought and nothing else uses is removed again. An image that is there already is fine.
 * @returns its id
 * @throws EngineError invalid-parameter when layers and configuration do not fit each other
 */
export async function storeImage(parts: GraphParts, image: NewImage): Promise<Digest> {
  const diffIds = image.config.rootfs.diff_ids as Digest[];
  if (diffIds.length !== image.layers.length)
    throw new EngineError(
      'invalid-parameter',
      `invalid manifest, layers length mismatch: expected ${image.layers.length}, got ${diffIds.length}`,
    );
  const rawManifest = image.rawManifest ?? makeManifest(image);
  const [id, manifest] = [digestOf(image.rawConfig), digestOf(rawManifest)];
  const chainIds = chainIdsOf(diffIds);
  const index = image.index === undefined ? undefined : digestOf(image.index.raw);
  const files = [...image.layers, ...(image.index?.files ?? [])];
  const blobs = [
    ...new Set([id, manifest, ...(index === undefined ? [] : [index]), ...files.map(({ digest }) => digest)]),
  ];
  const held = [...blobs, ...chainIds];
  const isKnown = parts.images.has(id);
  let replaced: Digest | undefined;
  for (const key of held) parts.leases.hold(key);
  try {
    await settleAll([
      parts.content.put(image.rawConfig),
      parts.content.put(rawManifest),
      ...(image.index === undefined ? [] : [parts.content.put(image.index.raw)]),
      ...files.map(file => file.commit()),
      unpackLayers(parts, image, diffIds),
    ]);
    await parts.content.sync(blobs);
    const sizeBytes = chainIds.reduce((sum, chainId) => sum + parts.layers.sizeBytes(chainId), 0);
    const { config, rawConfig, parent } = image;
    const chainId = chainIds.at(-1) ?? null;
    parts.images.add({ id, config, rawConfig, manifest, chainId, sizeBytes, blobs, parent, index });
    // An image that is built again may have other annotations.
    if (isKnown && image.annotations !== undefined)
      replaced = parts.images.replaceManifest(id, manifest, blobs);
    parts.documents.keep(id);
    parts.images.markUsed(id);
    for (const reference of image.references ?? []) parts.images.tag(reference, id);
    parts.publishedIndex.write();
  } finally {
    for (const key of held) parts.leases.release(key);
    // A known image keeps the manifest that it has, so that another one's content is of no use.
    if (isKnown || !parts.images.has(id))
      removeUnreferenced(parts, {
        blobs: [...blobs, ...(replaced === undefined ? [] : [replaced])],
        chainIds: chainIds.reverse(),
      });
  }
  syncLayers(parts);
  return id;
}

/** Bottom first, or all at once where the driver allows it. */
async function unpackLayers(parts: GraphParts, image: NewImage, diffIds: Digest[]): Promise<void> {
  const chainIds = chainIdsOf(diffIds);
  const unpack = async (index: number): Promise<void> => {
    const { digest, fd, compression, unpacking } = image.layers[index] as LayerBlob;
    await parts.layers.add({
      chainId: chainIds[index] as Digest,
      parent: chainIds[index - 1],
      index,
      diffId: diffIds[index] as Digest,
      blob: digest,
      fd,
      compression,
      unpacking,
      progress: read => image.progress?.(index, read),
    });
    image.unpacked?.(index);
  };
  if (parts.driver.independentLayers) await settleAll(chainIds.map((_, index) => unpack(index)));
  else for (const index of chainIds.keys()) await unpack(index);
}

/** Waits for all of them, so that nothing is still at work when the first failure is thrown. */
async function settleAll(tasks: Promise<unknown>[]): Promise<void> {
  const results = await Promise.allSettled(tasks);
  const failed = results.find(result => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

function makeManifest({ rawConfig, layers, annotations }: NewImage): Buffer {
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: { mediaType: OCI_CONFIG, digest: digestOf(rawConfig), size: rawConfig.length },
    layers: layers.map(({ digest, sizeBytes, compression }) => ({
      mediaType: compression === 'none' ? OCI_LAYER : `${OCI_LAYER}+${compression}`,
      digest,
      size: sizeBytes,
    })),
    ...(annotations === undefined ? {} : { annotations }),
  };
  return Buffer.from(JSON.stringify(manifest));
}

import type { CommitOptions } from './committed-image.ts';
import { encodeJson } from '../../../base/exact-json.ts';
import type { ContainerTrees } from '../../../archive/rooted/rooted-jobs.ts';
import type { Digest } from '../../../base/digest.ts';
import { EngineError } from '../../../base/errors.ts';
import { decodeManifest } from '../../../oci/decode-oci.ts';
import type { Image } from '../../images/image.ts';
import type { GraphParts } from '../graph-parts.ts';
import { IngestedLayer } from '../../layers/ingested-layer.ts';
import { storeImage } from '../store-image.ts';
import { storedLayerBlob } from '../../layers/layer-blob.ts';
import { hostPlatform } from '../../../oci/platform.ts';
import { newName } from '../../../oci/reference.ts';
import { committedImage } from './committed-image.ts';

export type PackedLayer = {
  /** Makes an image of it, on top of the container's. Returns the id. @throws not-found when that has gone */
  commit(image: CommitOptions): Promise<Digest>;
  /** Idempotent. */
  discard(): Promise<void>;
};

type Packed = {
  trees: ContainerTrees;
  /** Chain ID of the container's image. */
  chainId: Digest | null;
};

/**
 * See Graph.packContainerLayer. The layer is kept uncompressed, as it is with Docker: it costs no time then. It is
 * unpacked while it is packed.
 */
export async function packContainer(parts: GraphParts, packed: Packed): Promise<PackedLayer> {
  // What is below must not go meanwhile, with the container.
  const held = parts.layers.chain(packed.chainId);
  for (const layer of held) parts.leases.hold(layer);
  const ahead = new IngestedLayer(parts, held[0]);
  let isDiscarded = false;
  const discard = async () => {
    if (isDiscarded) return;
    isDiscarded = true;
    await ahead.discard();
    for (const layer of held) parts.leases.release(layer);
  };
  try {
    const { ingest, growth } = ahead;
    const { trees } = packed;
    const job = { kind: 'pack-changes', trees, outputFd: ingest.fd, growth } as const;
    ingest.fill(await parts.threads.run(job));
  } catch (error) {
    await discard();
    throw error;
  }
  return { commit: options => commit(parts, ahead, options), discard };
}

async function commit(parts: GraphParts, ahead: IngestedLayer, options: CommitOptions): Promise<Digest> {
  const parent = options.parent === '' ? undefined : findParent(parts, options.parent);
  const { image, isEmpty } = committedImage(options, {
    diffId: ahead.ingest.digest,
    parent: parent?.config,
    platform: hostPlatform(),
    created: new Date().toISOString(),
  });
  const below = parent === undefined ? [] : await layersOf(parts, parent);
  const { reference } = options;
  try {
    return await storeImage(parts, {
      config: image,
      rawConfig: Buffer.from(encodeJson(image)),
      layers: isEmpty ? below : [...below, ahead.blob()],
      references: reference === '' ? [] : [newName(reference)],
      parent: parent?.id,
    });
  } finally {
    for (const layer of below) layer.close();
  }
}

function findParent({ images }: GraphParts, id: Digest): Image {
  const parent = images.get(id);
  if (parent === undefined) throw new EngineError('not-found', `No such image: ${id}`);
  return parent;
}

type StoredLayer = Awaited<ReturnType<typeof storedLayerBlob>>;

async function layersOf({ content }: GraphParts, parent: Image): Promise<StoredLayer[]> {
  const manifest = decodeManifest(content.read(parent.manifest));
  const opened: StoredLayer[] = [];
  try {
    for (const { digest } of manifest.layers) opened.push(await storedLayerBlob(content, digest as Digest));
    return opened;
  } catch (error) {
    for (const layer of opened) layer.close();
    throw error;
  }
}

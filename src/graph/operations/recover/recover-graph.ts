import type { Digest } from '../../../base/digest.ts';
import { removeAllUnreferenced } from '../collect-garbage.ts';
import { decodeManifest } from '../../../oci/decode-oci.ts';
import type { Image } from '../../images/image.ts';
import type { GraphParts } from '../graph-parts.ts';
import { storeImage } from '../store-image.ts';
import type { ContainerLayers } from '../containers/container-layers.ts';
import { storedLayerBlob } from '../../layers/layer-blob.ts';

/**
 * Brings records and directories together after a crash of the process or of the machine: removes what nothing
 * refers to, and unpacks again the layers that are missing, or may not have reached the disk.
 */
export async function recoverGraph(parts: GraphParts, containers: ContainerLayers): Promise<void> {
  await dropBrokenLayers(parts);
  await containers.reconcile();
  for (const image of parts.images.list()) {
    parts.documents.keep(image.id);
    if (image.chainIds.every(chainId => parts.layers.has(chainId))) continue;
    // An image whose content is lost must not keep the others from being used. `system check` tells of it.
    await unpackAgain(parts, image).catch(() => undefined);
  }
  removeAllUnreferenced(parts);
  parts.publishedIndex.write();
}

async function dropBrokenLayers({ layers, driver }: GraphParts): Promise<void> {
  const recorded = new Set(layers.records().map(({ chainId }) => chainId));
  const present = new Set(driver.layers());
  const suspect = layers.unsynced().suspect;
  for (const chainId of [...suspect, ...recorded]) {
    if (suspect.includes(chainId) || !present.has(chainId)) layers.remove(chainId);
  }
  for (const chainId of present) if (!recorded.has(chainId)) await driver.removeLayer(chainId);
}

/**
 * Unpacks the layers of an image that are missing, from its content.
 * @throws EngineError not-found, data-loss when that is not whole
 */
export async function unpackAgain(
  parts: GraphParts,
  { manifest, config, rawConfig }: Pick<Image, 'manifest' | 'config' | 'rawConfig'>,
): Promise<void> {
  const rawManifest = parts.documents.read(manifest);
  const { layers } = decodeManifest(rawManifest);
  const blobs: Awaited<ReturnType<typeof storedLayerBlob>>[] = [];
  try {
    for (const { digest } of layers) blobs.push(await storedLayerBlob(parts.content, digest as Digest));
    await storeImage(parts, { config, rawConfig, rawManifest, layers: blobs });
  } finally {
    for (const blob of blobs) blob.close();
  }
}

import type { Digest } from '../base/digest.ts';
import { removeAllUnreferenced } from './content/collect-garbage.ts';
import { publishIndex } from './content/publish-index.ts';
import type { GraphParts } from './graph-parts.ts';
import { storeImage } from './images/store-image.ts';
import type { ContainerLayers } from './layers/container-layers.ts';
import { storedLayerBlob } from './load/layer-blob.ts';
import type { Manifest } from './oci.ts';

/**
 * Brings records and directories together after a crash of the process or of the machine: removes what nothing
 * refers to, and unpacks again the layers that are missing, or may not have reached the disk.
 */
export async function recoverGraph(parts: GraphParts, containers: ContainerLayers): Promise<void> {
  await dropBrokenLayers(parts);
  await containers.reconcile();
  for (const image of parts.images.list()) {
    if (image.chainIds.some(chainId => !parts.layers.has(chainId))) await unpackAgain(parts, image);
  }
  removeAllUnreferenced(parts);
  publishIndex(parts);
}

async function dropBrokenLayers({ database, layers, driver }: GraphParts): Promise<void> {
  const recorded = new Set(
    database
      .prepare('SELECT chain_id FROM layers')
      .all()
      .map(row => row.chain_id as Digest),
  );
  const present = new Set(driver.layers());
  const suspect = layers.unsynced().suspect;
  for (const chainId of [...suspect, ...recorded]) {
    if (suspect.includes(chainId) || !present.has(chainId)) layers.remove(chainId);
  }
  for (const chainId of present) if (!recorded.has(chainId)) await driver.removeLayer(chainId);
}

type Stored = { manifest: Digest; rawConfig: Buffer };

async function unpackAgain(parts: GraphParts, { manifest, rawConfig }: Stored): Promise<void> {
  const rawManifest = parts.content.read(manifest);
  const { layers } = JSON.parse(rawManifest.toString()) as Manifest;
  const blobs = layers.map(({ digest }) => storedLayerBlob(parts.content, digest as Digest));
  try {
    await storeImage(parts, { rawConfig, rawManifest, layers: blobs });
  } finally {
    for (const blob of blobs) blob.close();
  }
}

import type { Digest } from '../../../base/digest.ts';
import type { ImageConfig } from '../../../oci/image-config.ts';
import type { Reference } from '../../../oci/reference.ts';
import type { GraphParts } from '../graph-parts.ts';
import { storeImage } from '../store-image.ts';
import { storedLayerBlob } from '../../layers/layer-blob.ts';
import type { ArrivingLayer } from './arriving-layer.ts';

export type ReceivedImage = {
  rawManifest: Buffer;
  config: ImageConfig;
  rawConfig: Buffer;
  /** Bottom first: what has arrived, and the digests of what was here. */
  layers: readonly (ArrivingLayer | Digest)[];
  /** Names for it, which other images lose. */
  references: Reference[];
  /** `read` bytes of layer `index` have been unpacked, where that has not begun before. */
  progress?: (index: number, read: number) => void;
  /** Layer `index` is there. */
  unpacked?: (index: number) => void;
};

/** See Graph.storeReceived. */
export async function storeReceived(parts: GraphParts, image: ReceivedImage): Promise<Digest> {
  const opened: Awaited<ReturnType<typeof storedLayerBlob>>[] = [];
  try {
    const layers = [];
    for (const layer of image.layers) {
      if (typeof layer === 'string') {
        const stored = await storedLayerBlob(parts.content, layer);
        opened.push(stored);
        layers.push(stored);
      } else layers.push(layer.blob());
    }
    return await storeImage(parts, { ...image, layers });
  } finally {
    for (const stored of opened) stored.close();
  }
}

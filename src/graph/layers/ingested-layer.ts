import type { Growth } from '../../archive/growth.ts';
import type { Digest } from '../../base/digest.ts';
import type { Ingest } from '../content/ingest.ts';
import type { ContentStore } from '../content/content-store.ts';
import { discardUnpacking, type LayerStore, type UnpackingLayer } from './layer-store.ts';
import type { LayerBlob } from './layer-blob.ts';

/** A new layer that is unpacked while its blob is being written, uncompressed. */
export class IngestedLayer {
  /** To be written, or filled, by the caller. */
  readonly ingest: Ingest;
  readonly growth: Growth;
  readonly #unpacking: UnpackingLayer;

  /** @param parent the layer below it, which the caller holds */
  constructor(
    { content, layers }: { content: ContentStore; layers: LayerStore },
    parent: Digest | undefined,
  ) {
    this.ingest = content.ingest();
    this.growth = this.ingest.follow();
    this.#unpacking = layers.unpackAhead(parent, {
      archiveFd: this.ingest.fd,
      compression: 'none',
      growth: this.growth,
    });
  }

  /** When everything has been written. */
  blob(): LayerBlob {
    const { digest, sizeBytes, fd } = this.ingest;
    const commit = () => this.ingest.commit();
    return { digest, sizeBytes, fd, compression: 'none', unpacking: this.#unpacking, commit };
  }

  /** Removes what was not stored. Idempotent. */
  async discard(): Promise<void> {
    this.ingest.abandon();
    await discardUnpacking(this.#unpacking);
    this.ingest.discard();
  }
}

import { readSync } from 'node:fs';
import { type Compression, DETECTION_BYTES, detectCompression } from '../../../archive/compression.ts';
import type { Digest } from '../../../base/digest.ts';
import { EngineError } from '../../../base/errors.ts';
import type { Ingest } from '../../content/ingest.ts';
import type { GraphParts } from '../graph-parts.ts';
import type { LayerBlob } from '../../layers/layer-blob.ts';
import { discardUnpacking, type UnpackingLayer } from '../../layers/layer-store.ts';

/**
 * The blob of a layer on its way in, which is unpacked while it arrives, where the driver can do that. What has arrived
 * of one that is `close`d is still there when it is opened again.
 */
export class ArrivingLayer {
  readonly digest: Digest;
  readonly #parts: GraphParts;
  readonly #parent: Digest | undefined;
  readonly #ingest: Ingest;
  #compression: Compression = 'none';
  #unpacking: UnpackingLayer | undefined;
  #isStored = false;
  #onProgress: (bytes: number) => void = () => undefined;

  private constructor(
    parts: GraphParts,
    ingest: Ingest,
    { digest, parent }: { digest: Digest; parent: Digest | undefined },
  ) {
    this.#parts = parts;
    this.#ingest = ingest;
    this.digest = digest;
    this.#parent = parent;
    this.#unpackAhead();
  }

  /**
   * @param parent the layer below it
   * @throws EngineError conflict when it is open
   */
  static async open(
    parts: GraphParts,
    layer: { digest: Digest; parent: Digest | undefined },
  ): Promise<ArrivingLayer> {
    return new ArrivingLayer(parts, await parts.content.resume(layer.digest), layer);
  }

  /** What is here of it. */
  get receivedBytes(): number {
    return this.#ingest.sizeBytes;
  }

  /** The next bytes; the ones after them when this has settled. */
  async write(chunk: Uint8Array): Promise<void> {
    await this.#ingest.append(chunk);
    this.#unpackAhead();
  }

  /** Begins as soon as the first bytes tell how it is compressed. */
  #unpackAhead(): void {
    const { layers, driver } = this.#parts;
    const { fd, sizeBytes } = this.#ingest;
    if (this.#unpacking !== undefined || !driver.independentLayers || sizeBytes < DETECTION_BYTES) return;
    this.#detect();
    const source = { archiveFd: fd, compression: this.#compression, growth: this.#ingest.follow() };
    this.#unpacking = layers.unpackAhead(this.#parent, source, bytes => this.#onProgress(bytes));
  }

  /** @throws EngineError invalid-parameter for what OCI knows no layers of */
  #detect(): void {
    const start = Buffer.alloc(DETECTION_BYTES);
    const length = readSync(this.#ingest.fd, start, 0, start.length, 0);
    this.#compression = detectCompression(start.subarray(0, length));
    if (this.#compression === 'xz' || this.#compression === 'bzip2')
      throw new EngineError(
        'invalid-parameter',
        `layer ${this.digest} is compressed with ${this.#compression}, which layers cannot be`,
      );
  }

  /**
   * All has been written, and nothing can be after this.
   * @throws EngineError data-loss when something else has come: then it is to be discarded
   */
  finish(): void {
    const { digest } = this.#ingest;
    if (digest !== this.digest)
      throw new EngineError('data-loss', `filesystem layer verification failed for digest ${this.digest}`);
    if (this.#unpacking === undefined) this.#detect();
  }

  /** Settles when nothing unpacks it, successfully or not. `progress` gets how many bytes of it have been. */
  async whenUnpacked(progress: (bytes: number) => void): Promise<void> {
    this.#onProgress = progress;
    await this.#unpacking?.unpacked.catch(() => undefined);
  }

  /** The layer's blob. Only after `finish`. */
  blob(): LayerBlob {
    const { sizeBytes, fd } = this.#ingest;
    return {
      digest: this.digest,
      sizeBytes,
      compression: this.#compression,
      fd,
      ...(this.#unpacking === undefined ? {} : { unpacking: this.#unpacking }),
      commit: async () => {
        await this.#ingest.commit();
        this.#isStored = true;
      },
    };
  }

  /** Removes what was not stored. Idempotent. */
  async discard(): Promise<void> {
    await this.#end();
    this.#ingest.discard();
  }

  /** Leaves what was not stored to the next one of this digest. Idempotent. */
  async close(): Promise<void> {
    await this.#end();
    if (this.#isStored || this.#ingest.sizeBytes === 0) this.#ingest.discard();
    else this.#ingest.close();
  }

  async #end(): Promise<void> {
    this.#ingest.abandon();
    if (this.#unpacking !== undefined) await discardUnpacking(this.#unpacking);
  }
}

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type Digest, digestOf } from '../../base/digest.ts';
import { EngineError } from '../../base/errors.ts';
import type { ContainerLayer, Graph, Image, PackedLayer, RemoveOptions } from '../../graph/graph.ts';
import type { CheckReport } from '../../graph/operations/check/check-report.ts';
import type { GraphUsage } from '../../graph/operations/disk-usage.ts';
import type { ContainerDefaults } from '../../oci/image-config.ts';

const FILES: Record<string, string> = {
  '/etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nweb:x:33:33::/srv:/bin/sh\n',
  '/etc/group': 'root:x:0:\nweb:x:33:\n',
};

/** A graph with one image, `box:latest`, whose layers are directories. */
export class FakeGraph implements Graph {
  readonly driverName = 'fake';
  readonly layers = new Set<string>();
  readonly #root: string;
  readonly #image: Image;

  constructor(root: string, config: ContainerDefaults = { Cmd: ['sh'], Env: ['PATH=/bin'] }) {
    this.#root = root;
    const imageConfig = {
      architecture: 'amd64',
      os: 'linux',
      config,
      rootfs: { type: 'layers' as const, diff_ids: [] },
    };
    const rawConfig = Buffer.from(JSON.stringify(imageConfig));
    this.#image = {
      id: digestOf(rawConfig),
      manifest: digestOf('manifest'),
      config: imageConfig,
      rawConfig,
      repoTags: ['box:latest'],
      repoDigests: [],
      sizeBytes: 1000,
      chainIds: [],
    };
  }

  /** What the image says of its containers from now on. */
  setConfig(config: ContainerDefaults): void {
    this.#image.config.config = config;
  }

  layerSizes(): Map<string, number> {
    return new Map();
  }

  get builds(): Graph['builds'] {
    throw new TypeError('this graph has no layers of builds');
  }

  get content(): Graph['content'] {
    throw new TypeError('this graph has no content');
  }

  receiveLayer(): never {
    throw new TypeError('this graph receives nothing');
  }

  descriptorOf(): never {
    throw new TypeError('this graph has no content');
  }

  nameReceived(): never {
    throw new TypeError('this graph receives nothing');
  }

  storeReceived(): never {
    throw new TypeError('this graph receives nothing');
  }

  get leases(): Graph['leases'] {
    throw new TypeError('this graph has no leases');
  }

  async diskUsage(): Promise<GraphUsage> {
    const images = new Map([[this.#image.id, { bytes: 1000, sharedBytes: 0 }]]);
    return { totalBytes: 1000, images, discarded: { count: 0, blobBytes: 0, recipeBytes: 0 } };
  }

  lastUses(): ReadonlyMap<string, Date> {
    return new Map();
  }

  async check(): Promise<CheckReport> {
    return { blobs: 0, blobBytes: 0, layers: 0, containerLayers: 0, findings: [] };
  }

  driverDataOf(): Record<string, string> {
    return {};
  }

  driverStatus(): [string, string][] {
    return [];
  }

  async resolve(reference: string): Promise<Image> {
    if (['box', 'box:latest', this.#image.id].includes(reference)) return this.#image;
    const tagged = reference.includes(':') ? reference : `${reference}:latest`;
    throw new EngineError('not-found', `No such image: ${tagged}`);
  }

  async list(): Promise<Image[]> {
    return [this.#image];
  }

  async tag(): Promise<void> {}

  async remove(
    _reference: string,
    _options: RemoveOptions,
  ): Promise<{ Untagged?: string; Deleted?: string }[]> {
    return [{ Untagged: 'box:latest' }];
  }

  async history(): Promise<[]> {
    return [];
  }

  async load(): Promise<Digest[]> {
    return [];
  }

  async save(): Promise<Readable> {
    return Readable.from([]);
  }

  async import(): Promise<Digest> {
    return this.#image.id;
  }

  async bootstrap(): Promise<Digest> {
    return this.#image.id;
  }

  async createContainerLayer(containerId: string): Promise<ContainerLayer> {
    this.layers.add(containerId);
    mkdirSync(this.#path(containerId), { recursive: true });
    return this.openContainerLayer(containerId);
  }

  async containerSizes(containerIds: readonly string[]): Promise<Map<string, number>> {
    return new Map(containerIds.map(id => [id, 10]));
  }

  async openContainerLayer(containerId: string): Promise<ContainerLayer> {
    if (!this.layers.has(containerId)) throw new EngineError('not-found', 'no such layer');
    return {
      containerId,
      rootfs: { type: 'bind', path: this.#path(containerId) },
      driverData: {},
      readFile: async path => (path in FILES ? Buffer.from(FILES[path] ?? '') : undefined),
      sizeBytes: async () => 10,
    };
  }

  async removeContainerLayer(containerId: string): Promise<void> {
    this.layers.delete(containerId);
    rmSync(this.#path(containerId), { recursive: true, force: true });
  }

  async containerChanges(): Promise<[]> {
    return [];
  }

  async packContainerLayer(): Promise<PackedLayer> {
    return { commit: async () => this.#image.id, discard: async () => undefined };
  }

  async close(): Promise<void> {}

  #path(containerId: string): string {
    return join(this.#root, 'layers', containerId);
  }
}

import { closeSync } from 'node:fs';
import type { Growth } from '../../../archive/growth.ts';
import type { ContainerTrees } from '../../../archive/rooted/rooted-jobs.ts';
import type { Tree } from '../../../archive/rooted/pack-stream.ts';
import { type Digest, digestOf } from '../../../base/digest.ts';
import { EngineError } from '../../../base/errors.ts';
import { newId } from '../../../base/ids.ts';
import { chainIdOf } from '../../../oci/chain-id.ts';
import { decodeManifest } from '../../../oci/decode-oci.ts';
import type { ContainerLayer } from '../../graphdriver/graph-driver.ts';
import type { Image } from '../../images/image.ts';
import type { BuildLayers, BuiltImage, BuiltLayer } from './build-layers.ts';
import type { GraphParts } from '../graph-parts.ts';
import type { Ingest } from '../../content/ingest.ts';
import { syncLayersSoon } from '../sync-layers.ts';
import { IngestedLayer } from '../../layers/ingested-layer.ts';
import { storeImage } from '../store-image.ts';
import { storedLayerBlob } from '../../layers/layer-blob.ts';
import { parseReference, withDefaultTag } from '../../../oci/reference.ts';
import type { ContainerLayers } from '../containers/container-layers.ts';
import type { AddLayer } from '../../layers/layer-store.ts';

/** What a builder's directories are called, so that they are known after a crash. */
const PREFIX = 'build-';
/** Stands for a container where a tree is read without a writable layer. */
const NO_CONTAINER = 'build-none';

export class GraphBuildLayers implements BuildLayers {
  readonly #parts: GraphParts;
  readonly #containers: ContainerLayers;
  readonly #removing = new Set<Promise<void>>();

  constructor(parts: GraphParts, containers: ContainerLayers) {
    this.#parts = parts;
    this.#containers = containers;
  }

  create(top: Digest | undefined): Promise<ContainerLayer> {
    return this.#containers.createOn(`${PREFIX}${newId()}`, top ?? null);
  }

  async commit(
    id: string,
    { ignored, lease }: { ignored: readonly string[]; lease: string },
  ): Promise<BuiltLayer> {
    return this.#containers.withChanges(id, ignored, (trees, top) => {
      if (this.#parts.driver.adoptContainer !== undefined) return this.#adopt(id, { trees, top, lease });
      return this.add(top ?? undefined, {
        lease,
        pack: ({ fd, growth }) =>
          this.#parts.threads.run({ kind: 'pack-changes', trees, outputFd: fd, growth }),
      });
    });
  }

  /** The directory with what was written becomes the layer: it is packed only to be known by its digest. */
  async #adopt(
    containerId: string,
    { trees, top, lease }: { trees: ContainerTrees; top: Digest | null; lease: string },
  ): Promise<BuiltLayer> {
    const ingest = this.#parts.content.ingest();
    try {
      const { fd } = ingest;
      const job = {
        kind: 'pack-changes',
        trees,
        outputFd: fd,
        growth: ingest.follow(),
        tidies: true,
      } as const;
      const packed = await this.#parts.threads.run(job);
      ingest.fill(packed);
      const written =
        packed.tidyBytes === undefined ? undefined : { containerId, sizeBytes: packed.tidyBytes };
      return await this.#keep(top ?? undefined, { lease, ingest, written, unpacking: undefined });
    } finally {
      ingest.discard();
    }
  }

  async #keep(
    top: Digest | undefined,
    {
      lease,
      ingest,
      written,
      unpacking,
    }: { lease: string; ingest: Ingest } & Pick<AddLayer, 'written' | 'unpacking'>,
  ): Promise<BuiltLayer> {
    const { layers, leases, content } = this.#parts;
    const diffId = ingest.digest;
    const chainId = chainIdOf(top, diffId);
    leases.add(lease, { kind: 'content', digest: diffId });
    leases.add(lease, { kind: 'layer', digest: chainId });
    content.publish(ingest);
    await layers.add({
      chainId,
      parent: top,
      index: layers.chain(top ?? null).length,
      diffId,
      blob: diffId,
      fd: ingest.fd,
      compression: 'none',
      unpacking,
      written,
    });
    syncLayersSoon(this.#parts);
    return { chainId, diffId, sizeBytes: layers.sizeBytes(chainId) };
  }

  async add(
    top: Digest | undefined,
    {
      pack,
      lease,
    }: {
      pack: (output: { fd: number; growth: Growth }) => Promise<{ digest: Digest; sizeBytes: number }>;
      lease: string;
    },
  ): Promise<BuiltLayer> {
    const { layers, leases } = this.#parts;
    const below = layers.chain(top ?? null);
    const ahead = new IngestedLayer(this.#parts, top);
    for (const layer of below) leases.hold(layer);
    try {
      const { ingest, growth } = ahead;
      ingest.fill(await pack({ fd: ingest.fd, growth }));
      const { unpacking } = ahead.blob();
      return await this.#keep(top, { lease, ingest, unpacking, written: undefined });
    } finally {
      await ahead.discard();
      for (const layer of below) leases.release(layer);
    }
  }

  remove(id: string): void {
    // What fails is left in the driver's trash, for the next process to try again.
    const removing = this.#containers.remove(id).catch(() => undefined);
    this.#removing.add(removing);
    void removing.finally(() => this.#removing.delete(removing));
  }

  async whenRemoved(): Promise<void> {
    await Promise.all(this.#removing);
  }

  async withTree<T>(top: Digest | undefined, use: (tree: Tree) => Promise<T>): Promise<T> {
    const { layers, leases, driver } = this.#parts;
    const chain = layers.chain(top ?? null);
    const { imageTree } = driver.openContainer(NO_CONTAINER, chain);
    if (imageTree === undefined) return this.#withEmpty(use);
    for (const layer of chain) leases.hold(layer);
    try {
      return await use(imageTree);
    } finally {
      for (const layer of chain) leases.release(layer);
    }
  }

  async #withEmpty<T>(use: (tree: Tree) => Promise<T>): Promise<T> {
    const { containerId } = await this.create(undefined);
    try {
      return await use(this.#containers.fileSystem(containerId).directories[0] as string);
    } finally {
      this.remove(containerId);
    }
  }

  writableTree(id: string): Tree {
    return this.#containers.fileSystem(id).tree;
  }

  has(layer: Pick<BuiltLayer, 'chainId' | 'diffId'>): boolean {
    return this.#parts.layers.has(layer.chainId) && this.#parts.content.has(layer.diffId);
  }

  usage(): ReturnType<BuildLayers['usage']> {
    const { images, layers, content } = this.#parts;
    const shared = new Set(images.list().flatMap(({ chainIds }) => chainIds));
    const contentBytes = content.diskBytesOfAll();
    return ({ chainId, diffId, sizeBytes }) => ({
      diskBytes: (layers.diskBytes(chainId) ?? sizeBytes) + contentBytes(diffId),
      isShared: shared.has(chainId),
    });
  }

  hold({ id, chainIds }: Pick<Image, 'id' | 'chainIds'>): () => void {
    const { images, leases } = this.#parts;
    const held = [...images.blobsOf(id), ...chainIds];
    for (const digest of held) leases.hold(digest);
    return () => {
      for (const digest of held) leases.release(digest);
    };
  }

  async store({
    base,
    layers,
    config,
    references,
    annotations,
  }: BuiltImage): Promise<{ id: Digest; isNew: boolean }> {
    const { content, images } = this.#parts;
    const rawConfig = Buffer.from(JSON.stringify(config));
    const isNew = !images.has(digestOf(rawConfig));
    const below = base === undefined ? [] : decodeManifest(content.read(base.manifest)).layers;
    const digests = [...below.map(({ digest }) => digest as Digest), ...layers.map(({ diffId }) => diffId)];
    const blobs: Awaited<ReturnType<typeof storedLayerBlob>>[] = [];
    try {
      for (const digest of digests) blobs.push(await storedLayerBlob(content, digest));
      const id = await storeImage(this.#parts, {
        config,
        rawConfig,
        layers: blobs,
        annotations,
        references: references.map(builtReference),
      });
      return { id, isNew };
    } finally {
      for (const blob of blobs) closeSync(blob.fd);
      this.#parts.publishedIndex.write();
    }
  }

  async removeAll(): Promise<void> {
    for (const { containerId } of this.#containers.records())
      if (containerId.startsWith(PREFIX)) this.remove(containerId);
    await this.whenRemoved();
  }
}

function builtReference(text: string) {
  const reference = withDefaultTag(parseReference(text));
  if (reference.digest !== undefined)
    throw new EngineError('invalid-parameter', 'build tag cannot contain a digest');
  return reference;
}

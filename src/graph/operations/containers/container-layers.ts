import { openTree } from '../../../archive/rooted/pack-stream.ts';
import { decodeChanges, type FileChange } from '../../../archive/trees/file-changes.ts';
import { measureSmallTree } from '../../../archive/trees/measure-small-tree.ts';
import type { ContainerTrees } from '../../../archive/rooted/rooted-jobs.ts';
import { OPAQUE_XATTRS } from '../../../archive/trees/whiteout.ts';
import { type PackedLayer, packContainer } from '../commit/pack-container.ts';
import type { Digest } from '../../../base/digest.ts';
import { EngineError } from '../../../base/errors.ts';
import { removeUnreferenced } from '../collect-garbage.ts';
import type { ContainerLayer, StorageOptions } from '../../graphdriver/graph-driver.ts';
import type { GraphParts } from '../graph-parts.ts';
import type { ContainerFileSystem } from '../../graphdriver/graph-driver.ts';
import type { ContainerRecord } from '../../layers/container-records.ts';
import { chainIdsOf } from '../../../oci/chain-id.ts';
import { FileReader } from '../../layers/file-reader.ts';

/** Other jobs want their turn, too. */
const MEASURED_AT_ONCE = 100;
/** So few are first tried on the main thread, which takes a fifth of a millisecond each at most. */
const MEASURED_HERE = 4;

/** The writable layers of containers. */
export class ContainerLayers {
  readonly #parts: GraphParts;
  readonly #reader = new FileReader();

  constructor(parts: GraphParts) {
    this.#parts = parts;
  }

  /** @throws EngineError not-found when there is no such image, conflict when the container has a layer */
  async create(
    containerId: string,
    imageId: Digest | '',
    storageOptions: StorageOptions = {},
  ): Promise<ContainerLayer> {
    const layer = await this.#create(containerId, {
      imageId,
      chainId: this.#topLayerOf(imageId),
      storageOptions,
    });
    this.#parts.images.markUsed(imageId);
    return layer;
  }

  /** On top of a layer, or of nothing. @throws EngineError not-found when there is no such layer */
  createOn(containerId: string, chainId: Digest | null): Promise<ContainerLayer> {
    return this.#create(containerId, { imageId: '', chainId, storageOptions: {} });
  }

  async #create(
    containerId: string,
    {
      imageId,
      chainId,
      storageOptions,
    }: { imageId: Digest | ''; chainId: Digest | null; storageOptions: StorageOptions },
  ): Promise<ContainerLayer> {
    const { containerRecords, driver, layers } = this.#parts;
    if (this.#parts.containerRecords.find(containerId) !== undefined)
      throw new EngineError('conflict', `a layer for container ${containerId} exists already`);
    // The record comes first: it keeps the image's layers, and after a crash it is found to have no directory.
    containerRecords.add({ containerId, imageId, chainId });
    try {
      await driver.createContainer(containerId, layers.chain(chainId), storageOptions);
    } catch (error) {
      this.#parts.containerRecords.remove(containerId);
      throw error;
    }
    return this.#layerOf(containerId, chainId);
  }

  #topLayerOf(imageId: Digest | ''): Digest | null {
    if (imageId === '') return null;
    const image = this.#parts.images.get(imageId);
    if (image === undefined) throw new EngineError('not-found', `No such image: ${imageId}`);
    return chainIdsOf(image.config.rootfs.diff_ids).at(-1) ?? null;
  }

  /** @throws EngineError not-found */
  open(containerId: string): ContainerLayer {
    const record = this.#parts.containerRecords.find(containerId);
    if (record === undefined || !this.#parts.driver.hasContainer(containerId))
      throw new EngineError('not-found', `no layer for container ${containerId}`);
    return this.#layerOf(containerId, record.chainId);
  }

  /** Idempotent. Layers of an image that was removed meanwhile go with their last container. */
  async remove(containerId: string): Promise<void> {
    for (const further of this.#parts.containerRecords.further(containerId)) await this.#remove(further);
    await this.#remove(containerId);
  }

  async #remove(containerId: string): Promise<void> {
    const { driver, images, layers } = this.#parts;
    const record = this.#parts.containerRecords.find(containerId);
    await driver.removeContainer(containerId);
    if (record === undefined) return;
    this.#parts.containerRecords.remove(containerId);
    this.#parts.images.markUsed(record.imageId);
    if (record.imageId !== '' && images.has(record.imageId)) return;
    if (record.chainId !== null && !layers.isReferred(record.chainId))
      removeUnreferenced(this.#parts, { blobs: [], chainIds: layers.chain(record.chainId) });
  }

  records(): ContainerRecord[] {
    return this.#parts.containerRecords.list();
  }

  /** @throws EngineError not-found */
  async changes(containerId: string, ignored: readonly string[]): Promise<FileChange[]> {
    return this.withChanges(containerId, ignored, async trees =>
      decodeChanges(await this.#parts.threads.run({ kind: 'changes', trees })),
    );
  }

  /** @throws EngineError not-found */
  async pack(containerId: string, ignored: readonly string[]): Promise<PackedLayer> {
    return this.withChanges(containerId, ignored, (trees, chainId) =>
      packContainer(this.#parts, { trees, chainId }),
    );
  }

  /** Calls `use` with a container's tree and its image's below it. @throws EngineError not-found */
  async withChanges<T>(
    containerId: string,
    ignored: readonly string[],
    use: (trees: ContainerTrees, chainId: Digest | null) => Promise<T>,
  ): Promise<T> {
    const { trees, close } = await this.#openTrees(containerId, ignored);
    try {
      return await use(trees, this.#parts.containerRecords.find(containerId)?.chainId ?? null);
    } finally {
      close();
    }
  }

  /** @throws EngineError not-found */
  fileSystem(containerId: string): ContainerFileSystem {
    const record = this.#parts.containerRecords.find(containerId);
    if (record === undefined) throw new EngineError('not-found', `no layer for container ${containerId}`);
    return this.#fileSystem(containerId, record.chainId);
  }

  async #openTrees(
    containerId: string,
    ignored: readonly string[],
  ): Promise<{ trees: ContainerTrees; close: () => void }> {
    const record = this.#parts.containerRecords.find(containerId);
    if (record === undefined) throw new EngineError('not-found', `no layer for container ${containerId}`);
    const { directories, writableDirectory, imageTree, opaqueXattr } = this.#fileSystem(
      containerId,
      record.chainId,
    );
    const image = imageTree === undefined ? undefined : await openTree(imageTree);
    const trees = {
      upper: directories[0] as string,
      lower: image?.root,
      isWhole: writableDirectory === undefined,
      opaqueXattr: opaqueXattr ?? OPAQUE_XATTRS.overlay,
      ignored,
    };
    return { trees, close: () => image?.close() };
  }

  /** After a crash: neither record without directory nor directory without record. */
  async reconcile(): Promise<void> {
    const { driver } = this.#parts;
    const known = new Set(this.records().map(({ containerId }) => containerId));
    for (const id of known) if (!driver.hasContainer(id)) this.#parts.containerRecords.remove(id);
    // What cannot be removed now is left in the driver's trash, for the next process to try again.
    for (const id of driver.containers())
      if (!known.has(id)) driver.removeContainer(id).catch(() => undefined);
  }

  #layerOf(containerId: string, chainId: Digest | null): ContainerLayer {
    const { threads } = this.#parts;
    const fileSystem = this.#fileSystem(containerId, chainId);
    const { rootfs, driverData } = fileSystem;
    return {
      containerId,
      rootfs,
      driverData,
      readFile: async path => this.#reader.read(fileSystem, chainId ?? '', path),
      sizeBytes: async except => {
        const { directory, below } = this.#written(fileSystem, chainId);
        return Math.max((await threads.run({ kind: 'measure', root: directory, except })) - below, 0);
      },
    };
  }

  /** What is to be measured, and what of it comes from the image. */
  #written(
    { writableDirectory, directories }: ContainerFileSystem,
    chainId: Digest | null,
  ): { directory: string; below: number } {
    if (writableDirectory !== undefined) return { directory: writableDirectory, below: 0 };
    // Where the container has a copy of everything, what it wrote can only be estimated.
    const { layers } = this.#parts;
    const below = layers.chain(chainId).reduce((sum, layer) => sum + layers.sizeBytes(layer), 0);
    return { directory: directories[0] as string, below };
  }

  /**
   * Bytes of each writable layer, without the files of some paths; containers that have gone are left out.
   * Thousands take one thread's message for each {@link MEASURED_AT_ONCE}.
   */
  async sizes(containerIds: readonly string[], except: readonly string[]): Promise<Map<string, number>> {
    const sizes = new Map<string, number>();
    const chains = new Map(this.records().map(({ containerId, chainId }) => [containerId, chainId]));
    const ids = containerIds.filter(id => chains.has(id));
    await Promise.all(
      batchesOf(ids, MEASURED_AT_ONCE).map(async batch => {
        const written = batch.map(id => {
          const chainId = chains.get(id) ?? null;
          return this.#written(this.#fileSystem(id, chainId), chainId);
        });
        const roots = written.map(({ directory }) => directory);
        const measured = await this.#measure(roots, except);
        for (const [index, bytes] of measured.entries())
          if (bytes !== undefined)
            sizes.set(batch[index] as string, Math.max(bytes - (written[index]?.below ?? 0), 0));
      }),
    );
    return sizes;
  }

  /** Undefined for those that are not there. */
  async #measure(roots: string[], except: readonly string[]): Promise<(number | undefined)[]> {
    const small = roots.length <= MEASURED_HERE ? roots.map(root => measuredSmall(root, except)) : [];
    if (small.length > 0 && !small.includes(undefined)) return small;
    return this.#parts.threads.run({ kind: 'measure-all', roots, except });
  }

  #fileSystem(containerId: string, chainId: Digest | null): ContainerFileSystem {
    const { driver, layers } = this.#parts;
    return driver.openContainer(containerId, layers.chain(chainId));
  }
}

/** Undefined for one that a thread is to measure: it is large, or cannot be read, of which the thread tells. */
function measuredSmall(root: string, except: readonly string[]): number | undefined {
  try {
    return measureSmallTree(root, except);
  } catch {
    return undefined;
  }
}

function batchesOf<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

import type { Readable } from 'node:stream';
import { RootedThreads } from '../archive/rooted/rooted-threads.ts';
import type { Digest } from '../base/digest.ts';
import { makePrivateDirectory } from '../base/private-files.ts';
import { bootstrapImage } from './operations/bootstrap/bootstrap-image.ts';
import { checkGraph } from './operations/check/check-graph.ts';
import type { CheckOptions } from './operations/check/check-report.ts';
import { removeUnreferenced } from './operations/collect-garbage.ts';
import type { Content } from './content/content.ts';
import { ContentStore } from './content/content-store.ts';
import { Documents } from './images/documents.ts';
import { rebuildBlob } from './operations/rebuild-blob.ts';
import { syncLayers, whenSynced } from './operations/sync-layers.ts';
import { PublishedIndex } from './images/published-index.ts';
import { ContainerRecords } from './layers/container-records.ts';
import { RecordChecks } from './records/record-checks.ts';
import type { ReservedDatabase } from '../base/reserved-database.ts';
import { openDatabase } from './records/database.ts';
import { diskUsage } from './operations/disk-usage.ts';
import type {
  BuildLayers,
  Graph,
  Image,
  ImportOptions,
  ProgressMessage,
  RemoveOptions,
  SaveOptions,
  StorageOptions,
} from './graph.ts';
import type { GraphParts } from './operations/graph-parts.ts';
import { chooseDriver } from './graphdriver/choose-driver.ts';
import type { StorageDriver } from './graphdriver/graph-driver.ts';
import { imageHistory } from './images/image-history.ts';
import { ImageStore } from './images/image-store.ts';
import { platformVariant } from './images/platform-variant.ts';
import { removeImage } from './operations/remove-image.ts';
import { resolveImage } from './images/resolve-image.ts';
import { newName, type Reference } from '../oci/reference.ts';
import { importArchive } from './operations/import/import-archive.ts';
import { GraphBuildLayers } from './operations/build/graph-build-layers.ts';
import { ContainerLayers } from './operations/containers/container-layers.ts';
import { LayerStore } from './layers/layer-store.ts';
import { type LeaseRegister, type LeaseResource, Leases } from './records/leases.ts';
import { loadArchive } from './operations/load/load-archive.ts';
import { ArrivingLayer } from './operations/receive/arriving-layer.ts';
import { type ReceivedImage, storeReceived } from './operations/receive/store-received.ts';
import { recoverGraph } from './operations/recover/recover-graph.ts';
import type { Platform } from '../oci/platform.ts';
import { saveArchive } from './operations/save/save-archive.ts';
import { fillReserve, withReserve } from './space-reserve.ts';

export type GraphOptions = {
  /** An absolute directory, made when missing. One graph at a time may have it open. */
  root: string;
  /** A name, or the path of a module; the one used before, or the best that works, when undefined. */
  storageDriver?: string | undefined;
  /** `--storage-opt`: `overlay2.size=10G`. */
  storageOptions?: readonly string[] | undefined;
  /** Drivers besides those built in. */
  storageDrivers?: readonly StorageDriver[] | undefined;
  /** Whether blobs of unpacked layers are replaced by recipes (operations/discard-blobs.ts). Default false. */
  discardBlobs?: boolean | undefined;
};

/**
 * Opens the graph in a directory, and repairs what a crash may have left there.
 * @throws EngineError invalid-parameter for an unknown storage driver, unavailable when none works
 */
export async function openGraph(options: GraphOptions): Promise<Graph> {
  const { root } = options;
  makePrivateDirectory(root);
  const threads = await RootedThreads.open();
  const { driver, reason } = await chooseDriver({
    root,
    threads,
    name: options.storageDriver,
    options: options.storageOptions,
    drivers: options.storageDrivers,
  });
  const database = openDatabase(root, driver.name);
  const content = new ContentStore(`${root}/content`, recipe => rebuildBlob(parts, recipe));
  const documents = new Documents(database, content);
  const closing = new AbortController();
  const images = new ImageStore(database, documents);
  const parts: GraphParts = {
    root,
    content,
    documents,
    threads,
    driver,
    layers: new LayerStore(database, driver, threads),
    containerRecords: new ContainerRecords(database),
    images,
    publishedIndex: new PublishedIndex(content, images),
    leases: new Leases(database, resources => dropResources(parts, resources)),
    recordChecks: new RecordChecks(database),
    discardsBlobs: options.discardBlobs ?? false,
    closing: closing.signal,
  };
  const containers = new ContainerLayers(parts);
  await recoverGraph(parts, containers);
  fillReserve(root);
  syncLayers(parts);
  return new LocalGraph(parts, containers, { reason, closing, database });
}

/** What a lease does not keep any more. */
function dropResources(parts: GraphParts, resources: LeaseResource[]): void {
  const of = (wanted: LeaseResource['kind']) =>
    resources.filter(({ kind }) => kind === wanted).map(({ digest }) => digest);
  const chainIds = of('layer').flatMap(chainId => parts.layers.incompleteChain(chainId).chain);
  removeUnreferenced(parts, { blobs: of('content'), chainIds });
}

class LocalGraph implements Graph {
  readonly driverName: string;
  readonly builds: BuildLayers;
  readonly #parts: GraphParts;
  readonly #containers: ContainerLayers;
  readonly #database: ReservedDatabase;
  readonly #driverReason: string;
  readonly #closing: AbortController;
  #closed: Promise<void> | undefined;

  constructor(
    parts: GraphParts,
    containers: ContainerLayers,
    { reason, closing, database }: { reason: string; closing: AbortController; database: ReservedDatabase },
  ) {
    this.#database = database;
    this.#driverReason = reason;
    this.#closing = closing;
    this.driverName = parts.driver.name;
    this.#parts = parts;
    this.#containers = containers;
    this.builds = new GraphBuildLayers(parts, containers);
  }

  get content(): Content {
    return this.#parts.content;
  }

  get leases(): LeaseRegister {
    return this.#parts.leases;
  }

  diskUsage() {
    return diskUsage(this.#parts);
  }

  lastUses() {
    return this.#parts.images.lastUses();
  }

  check(options: CheckOptions) {
    return checkGraph(this.#parts, this.#containers, options);
  }

  driverStatus(): [string, string][] {
    return [...this.#parts.driver.status(), ['Chosen', this.#driverReason]];
  }

  async resolve(reference: string, platform?: Platform) {
    const image = resolveImage(this.#parts.images, reference);
    return platform === undefined
      ? image
      : platformVariant(this.#parts, image, { text: reference, platform });
  }

  async list() {
    await this.#parts.images.prepare();
    return this.#parts.images.list();
  }

  async tag(reference: string, target: string) {
    const { images } = this.#parts;
    const name = newName(target);
    const { id } = resolveImage(images, reference);
    images.tag(name, id);
    images.markTagged(id);
    this.#parts.publishedIndex.write();
  }

  remove(reference: string, options: RemoveOptions) {
    const { root } = this.#parts;
    return withReserve(root, () => removeImage(this.#parts, reference, options));
  }

  async history(reference: string, platform?: Platform) {
    const { layers, images } = this.#parts;
    return imageHistory(layers, images, await this.resolve(reference, platform));
  }

  layerSizes() {
    return this.#parts.layers.sizes();
  }

  driverDataOf({ chainIds }: Image) {
    return this.#parts.driver.layerData([...chainIds].reverse());
  }

  load(archive: Readable, progress: (message: ProgressMessage) => void, platform?: Platform) {
    return loadArchive(this.#parts, archive, { progress, platform });
  }

  async save(references: string[], options?: SaveOptions) {
    return saveArchive(this.#parts, references, options);
  }

  import(archive: Readable, options: ImportOptions) {
    return importArchive(this.#parts, archive, options);
  }

  receiveLayer(layer: { digest: Digest; parent: Digest | undefined }) {
    return ArrivingLayer.open(this.#parts, layer);
  }

  storeReceived(image: ReceivedImage) {
    return storeReceived(this.#parts, image);
  }

  async descriptorOf(image: Image) {
    return this.#parts.images.descriptorOf(image);
  }

  async nameReceived(id: Digest, references: readonly Reference[]) {
    if (!this.#parts.images.has(id)) return;
    for (const reference of references) this.#parts.images.tag(reference, id);
    this.#parts.publishedIndex.write();
  }

  bootstrap(what: string, progress: (message: ProgressMessage) => void) {
    return bootstrapImage(this.#parts, what, progress);
  }

  createContainerLayer(containerId: string, imageId: Digest | '', storageOptions?: StorageOptions) {
    return this.#containers.create(containerId, imageId, storageOptions);
  }

  containerSizes(containerIds: readonly string[], except: readonly string[]) {
    return this.#containers.sizes(containerIds, except);
  }

  async openContainerLayer(containerId: string) {
    return this.#containers.open(containerId);
  }

  removeContainerLayer(containerId: string) {
    return this.#containers.remove(containerId);
  }

  containerChanges(containerId: string, ignored: readonly string[]) {
    return this.#containers.changes(containerId, ignored);
  }

  packContainerLayer(containerId: string, ignored: readonly string[]) {
    return this.#containers.pack(containerId, ignored);
  }

  close() {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close() {
    this.#closing.abort();
    await whenSynced(this.#parts);
    await this.#parts.layers.whenRemoved();
    await this.#parts.threads.close();
    this.#database.close();
  }
}

import type { Readable } from 'node:stream';
import type { ProgressMessage } from '../api/types.ts';
import type { Digest } from '../base/digest.ts';
import type { FileChange } from '../archive/trees/file-changes.ts';
import type { Descriptor } from '../oci/image-spec.ts';
import type { Platform } from '../oci/platform.ts';
import type { Reference } from '../oci/reference.ts';
import type { CheckOptions, CheckReport } from './operations/check/check-report.ts';
import type { ArrivingLayer } from './operations/receive/arriving-layer.ts';
import type { ReceivedImage } from './operations/receive/store-received.ts';
import type { Content } from './content/content.ts';
import type { GraphUsage } from './operations/disk-usage.ts';
import type { ContainerLayer, StorageOptions } from './graphdriver/graph-driver.ts';
import type { HistoryEntry } from './images/image-history.ts';
import type { Image } from './images/image.ts';
import type { BuildLayers, BuiltLayer } from './operations/build/build-layers.ts';
import type { PackedLayer } from './operations/commit/pack-container.ts';
import type { ImportOptions } from './operations/import/import-archive.ts';
import type { RemoveOptions } from './operations/remove-image.ts';
import type { SaveOptions } from './operations/save/save-archive.ts';
import type { LeaseRegister } from './records/leases.ts';

/**
 * Images, their layers, and the root file systems of containers. Everything lies below one directory:
 * `content/` (an OCI image layout: blobs by digest), `layers/` (unpacked, by chain ID), and the graph driver's
 * own. Safe to kill at any moment.
 */
export interface Graph {
  /** 'overlay2', 'vfs' … */
  readonly driverName: string;
  /** What `docker info` prints as DriverStatus. */
  driverStatus(): [string, string][];

  /**
   * Resolves `name[:tag]`, `name@digest`, an id or an unambiguous prefix of one; with a platform, the image of that
   * name for it. @throws not-found, in Docker's words
   */
  resolve(reference: string, platform?: Platform): Promise<Image>;
  list(): Promise<Image[]>;
  /** @throws EngineError not-found, invalid-parameter */
  tag(reference: string, target: string): Promise<void>;
  /**
   * Docker's `rmi`: untags, and deletes what nothing refers to any more.
   * `inUse` tells which containers use an image id. @throws conflict in Docker's words
   */
  remove(reference: string, options: RemoveOptions): Promise<{ Untagged?: string; Deleted?: string }[]>;
  history(reference: string, platform?: Platform): Promise<HistoryEntry[]>;
  /** Bytes of each unpacked layer alone, by chain ID. */
  layerSizes(): ReadonlyMap<string, number>;
  /** Docker's GraphDriver.Data in an image's `inspect`. */
  driverDataOf(image: Image): Record<string, string>;

  /**
   * Docker archives and OCI archives, compressed or not. `progress` gets Docker's JSON progress messages. Returns the ids
   * of the images.
   */
  load(
    archive: Readable,
    progress: (message: ProgressMessage) => void,
    platform?: Platform,
  ): Promise<Digest[]>;
  /** The archive form of Docker 25+: an OCI layout with a manifest.json. */
  save(references: string[], options?: SaveOptions): Promise<Readable>;
  /** A flat tar becomes an image of one layer. Returns the id. */
  import(archive: Readable, options: ImportOptions): Promise<Digest>;
  /** Makes an image that the engine carries or can make itself: `hello`, `busybox`, `debian[:suite]`. */
  bootstrap(what: string, progress: (message: ProgressMessage) => void): Promise<Digest>;

  /**
   * Takes in the blob of a layer, bit by bit. The caller discards or closes it in the end. `parent` is the chain ID of
   * the layer below. @throws EngineError conflict while the same one arrives
   */
  receiveLayer(layer: { digest: Digest; parent: Digest | undefined }): Promise<ArrivingLayer>;
  /**
   * Puts an image together from its documents, layers that have arrived, and others whose blobs are here already.
   * @returns its id
   * @throws EngineError invalid-parameter when they do not fit each other, not-found for a blob
   */
  storeReceived(image: ReceivedImage): Promise<Digest>;
  /** What a registry gets of an image: the index that it came with, whose content is all here, else its manifest. */
  descriptorOf(image: Image): Promise<Descriptor>;
  /** Names an image, with a digest, too; other images lose those names. No effect when it has gone. */
  nameReceived(id: Digest, references: readonly Reference[]): Promise<void>;

  /**
   * A writable layer on top of an image (`image` '' : on nothing). Returns at once; nothing is mounted.
   * @throws EngineError invalid-parameter for options that the storage driver does not know or cannot follow
   */
  createContainerLayer(
    containerId: string,
    imageId: Digest | '',
    storageOptions?: StorageOptions,
  ): Promise<ContainerLayer>;
  /** The same again, after a restart of the engine. @throws not-found */
  openContainerLayer(containerId: string): Promise<ContainerLayer>;
  /** Bytes of the writable layers, without the files of some paths. Containers that have gone are left out. */
  containerSizes(
    containerIds: readonly string[],
    except: readonly string[],
  ): Promise<ReadonlyMap<string, number>>;
  /** With those of ids that begin with this one and a hyphen, which are the same container's. Idempotent. */
  removeContainerLayer(containerId: string): Promise<void>;

  /**
   * What a container has changed in its image's files, by path; `ignored` are places that the engine itself made in
   * it, absolute: new and empty they are no changes.
   */
  containerChanges(containerId: string, ignored: readonly string[]): Promise<FileChange[]>;
  /**
   * The same, packed as a layer. When this settles, the container may go on. The caller commits it, and discards
   * it in the end.
   */
  packContainerLayer(containerId: string, ignored: readonly string[]): Promise<PackedLayer>;

  /** For builders: layers that become an image later, or never. */
  readonly builds: BuildLayers;

  /** For those who bring and take content themselves: registries, builders, programs that embed the engine. */
  readonly content: Content;
  readonly leases: LeaseRegister;

  /** What images, layers and content take on the disk. */
  diskUsage(): Promise<GraphUsage>;
  /** When each image came, or was last the image of a container that was made or removed. */
  lastUses(): ReadonlyMap<string, Date>;
  /** Verifies everything, and repairs what can be repaired. */
  check(options: CheckOptions): Promise<CheckReport>;

  /** Idempotent. What is still being done fails. */
  close(): Promise<void>;
}

export type {
  BuildLayers,
  BuiltLayer,
  ContainerLayer,
  FileChange,
  HistoryEntry,
  Image,
  ImportOptions,
  PackedLayer,
  ProgressMessage,
  RemoveOptions,
  SaveOptions,
  StorageOptions,
};

import type { Readable } from 'node:stream';
import type { ProgressMessage } from '../api/types.ts';
import type { Digest } from '../base/digest.ts';
import type { Growth } from '../archive/growth.ts';
import type { Tree } from '../archive/pack-stream.ts';
import type { FileChange } from '../archive/file-changes.ts';
import type { ContainerDefaults, ImageConfig } from '../oci/image-config.ts';
import type { Descriptor } from '../oci/image-spec.ts';
import type { Platform } from '../oci/platform.ts';
import type { Reference } from '../oci/reference.ts';
import type { CheckOptions, CheckReport } from './operations/check/check-report.ts';
import type { ArrivingLayer } from './operations/receive/arriving-layer.ts';
import type { ReceivedImage } from './operations/receive/store-received.ts';
import type { Content } from './content/content.ts';
import type { GraphUsage } from './operations/disk-usage.ts';
import type { ContainerLayer, StorageOptions } from './graphdriver/graph-driver.ts';
import type { Image } from './images/image.ts';
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
  /** Idempotent. */
  removeContainerLayer(containerId: string): Promise<void>;
  /** A stopped container's whole file system as tar, for `export`. */
  exportContainerLayer(containerId: string): Promise<Readable>;

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

export type { ContainerLayer, Image, StorageOptions };

/**
 * Layers as a builder makes them, one on top of the other, before there is an image. What it makes is kept by a lease
 * of its own (leases.ts), and by nothing else.
 */
export interface BuildLayers {
  /** A writable layer on top of a layer, or of nothing. The caller removes it. @throws EngineError not-found */
  create(top: Digest | undefined): Promise<ContainerLayer>;
  /** Idempotent. */
  remove(id: string): Promise<void>;
  /** What an earlier process has left. */
  removeAll(): Promise<void>;
  /** Makes a layer of what was written; `ignored` as with `containerChanges`. The writable one stays as it is. */
  commit(id: string, options: { ignored: readonly string[]; lease: string }): Promise<BuiltLayer>;
  /** Makes a layer of an archive that `pack` writes to an open file, which is unpacked meanwhile. */
  add(
    top: Digest | undefined,
    options: {
      pack: (output: { fd: number; growth: Growth }) => Promise<{ digest: Digest; sizeBytes: number }>;
      lease: string;
    },
  ): Promise<BuiltLayer>;
  /** Calls `use` with all files of a layer and those below it, which nobody changes. */
  withTree<T>(top: Digest | undefined, use: (tree: Tree) => Promise<T>): Promise<T>;
  /** A writable layer's files with those below it. */
  writableTree(id: string): Tree;
  /** Whether both the layer and its content are there. */
  has(layer: Pick<BuiltLayer, 'chainId' | 'diffId'>): boolean;
  /** Keeps what an image is made of, even when it is removed, until the function that this returns is called. */
  hold(image: Pick<Image, 'id' | 'chainIds'>): () => void;
  /** Makes an image of layers on top of another image's. @returns its id */
  store(image: BuiltImage): Promise<Digest>;
}

export type BuiltLayer = {
  chainId: Digest;
  /** Of its content, too, which is not compressed. */
  diffId: Digest;
  /** Of its files. */
  sizeBytes: number;
};

export type BuiltImage = {
  /** What is below; undefined for nothing. */
  base: Pick<Image, 'id' | 'manifest'> | undefined;
  /** Bottom first. */
  layers: readonly Pick<BuiltLayer, 'diffId'>[];
  config: ImageConfig;
  /** `name:tag`. */
  references: readonly string[];
};

export type SaveOptions = {
  /** What images hold for others is left out. */
  platform?: Platform | undefined;
  /** Called with each image that the archive will hold. */
  saving?: (image: Image) => void;
};

export type RemoveOptions = {
  force: boolean;
  /** Whether the images that it was made from stay. */
  noPrune: boolean;
  /** Nothing is removed when the image is for another platform. */
  platform?: Platform | undefined;
  /** Gets the bytes that were freed on the disk, bit by bit. */
  onFreed?: (bytes: number) => void;
  /** Containers that use an image id. */
  usersOf(imageId: Digest): { id: string; running: boolean }[];
};

export type ImportOptions = {
  /** `name:tag`, '' for none. */
  reference: string;
  message: string;
  /** Dockerfile instructions, as `--change` has them. */
  changes: string[];
  platform?: string;
};

export type PackedLayer = {
  /** Makes an image of it, on top of the container's. Returns the id. @throws not-found when that has gone */
  commit(image: CommitOptions): Promise<Digest>;
  /** Idempotent. */
  discard(): Promise<void>;
};

export type CommitOptions = {
  /** `name:tag`, '' for none. */
  reference: string;
  author: string;
  comment: string;
  config: ContainerDefaults;
  containerId: string;
  /** '' for none. */
  parent: Digest | '';
  /** The container's own, as Docker keeps it in the image. */
  containerConfig: { Cmd?: string[] | null };
  engineVersion: string;
};

export type { FileChange } from '../archive/file-changes.ts';

export type HistoryEntry = {
  Id: string;
  Created: number;
  CreatedBy: string;
  Tags: string[] | null;
  Size: number;
  Comment: string;
};

export type { ProgressMessage } from '../api/types.ts';

import type { Tree } from '../../archive/rooted/pack-stream.ts';
import type { RootedThreads } from '../../archive/rooted/rooted-threads.ts';
import type { WhiteoutMode } from '../../archive/trees/whiteout.ts';
import type { Digest } from '../../base/digest.ts';
import type { EngineError } from '../../base/errors.ts';

/**
 * A kind of graph driver, as `--storage-driver` names it: built in, or the default export of a module. The suite
 * in suite.ts holds what every driver must do.
 */
export type StorageDriver = {
  /** The driver's name, also that of its directory. */
  name: string;
  /**
   * Opens the driver in a directory, which it makes, and has what an earlier process left half-made removed.
   * @throws EngineError unavailable, with the reason, where it does not work; invalid-parameter for bad options
   */
  open(options: OpenDriver): Promise<GraphDriver>;
};

export type OpenDriver = {
  /** An absolute path, the driver's own. */
  root: string;
  /** For work that takes long, or has to be confined to a directory. */
  threads: RootedThreads;
  /** `--storage-opt`, as they are: `overlay2.size=10G`. */
  options: readonly string[];
  /** For what a driver throws: a module from elsewhere would import another class of that name. */
  EngineError: typeof EngineError;
};

/**
 * Keeps unpacked layers, and makes the root file systems of containers from them. A driver knows layers by
 * their chain ID, and keeps no records but what it finds in its own directory; lists of layers are topmost
 * first. suite.ts holds what every driver must do.
 */
export interface GraphDriver {
  /** As `--storage-driver` has it. */
  readonly name: string;
  /** How it wants whiteouts in the directory that `stageLayer` gives. */
  readonly whiteouts: WhiteoutMode;
  /** Whether a layer can be unpacked before the layers below it. */
  readonly independentLayers: boolean;

  /** What `docker info` prints as DriverStatus. */
  status(): [string, string][];

  /**
   * A directory for a layer to be unpacked into. `parent` is below it. The caller commits or discards it;
   * after a crash the next process discards it.
   */
  stageLayer(parent: Digest | undefined): Promise<StagedLayer>;
  /** Idempotent. No container may use it. */
  removeLayer(chainId: Digest): Promise<void>;
  /** All that are committed. */
  layers(): Digest[];
  /** Where the files of a committed layer are: what was the directory of `stageLayer`. */
  layerDirectory(chainId: Digest): string;
  /** Absolute paths of what is in the driver's root and is nothing of its own. */
  unknownFiles(): string[];
  /** Where a layer's files are, for `inspect`. */
  layerData(layers: readonly Digest[]): Record<string, string>;

  /**
   * `options` are those of `docker run --storage-opt`: `size`, and what else the driver knows.
   * @throws EngineError conflict when the container has one; invalid-parameter for options it does not know or
   *   cannot follow here
   */
  createContainer(containerId: string, layers: readonly Digest[], options?: StorageOptions): Promise<void>;
  /** What `createContainer` made. */
  openContainer(containerId: string, layers: readonly Digest[]): ContainerFileSystem;
  hasContainer(containerId: string): boolean;
  /**
   * Makes a layer of what a container has written, at once and whole, where that needs no copy; the container is of no
   * use any more then, and is to be removed. If there is a layer of that chain ID already, nothing happens. Its files are
   * what the layer unpacks to, and they are not in use.
   * @returns false where it cannot
   */
  adoptContainer?(containerId: string, chainId: Digest): boolean;
  /** Idempotent. The file system must not be mounted any more. */
  removeContainer(containerId: string): Promise<void>;
  containers(): string[];
}

export type StagedLayer = {
  /** Empty, or, where layers are not independent, with the parent's files. */
  directory: string;
  /** Makes it a layer, at once and whole. If there is one of that chain ID already, this one is discarded. */
  commit(chainId: Digest): void;
  discard(): Promise<void>;
};

export type ContainerFileSystem = {
  rootfs: ContainerLayer['rootfs'];
  driverData: Record<string, string>;
  /** The directories that make up the file system, topmost first, with overlay's whiteouts; the first is the container's. */
  directories: string[];
  /** The attribute of opaque directories in them; overlay's own when undefined. */
  opaqueXattr?: string;
  /** For reading the whole of it. */
  tree: Tree;
  /** What the container wrote, where that has a directory of its own. */
  writableDirectory?: string;
  /** What the container began with; undefined when that was empty. */
  imageTree?: Tree;
};

export type OverlayDirectories = {
  /** Topmost first. */
  lowerdirs: string[];
  upperdir: string;
  workdir: string;
  /** An empty directory, on which the mount is put in the container's mount namespace. */
  target: string;
};

export type ContainerLayer = {
  containerId: string;
  /**
   * Structurally a `Rootfs` of the exec driver. `open` of a `mount` mounts what the directories make up, and gives
   * a descriptor of the detached mount, which its caller closes.
   */
  rootfs:
    | ({ type: 'overlay'; options: string[] } & OverlayDirectories)
    | ({ type: 'mount'; open(): Promise<number> } & OverlayDirectories)
    | { type: 'bind'; path: string };
  /** Docker's GraphDriver.Data in `inspect`. */
  driverData: Record<string, string>;
  /** Reads a file of the root file system (/etc/passwd, /etc/group), resolved inside it; undefined when missing. */
  readFile(path: string): Promise<Buffer | undefined>;
  /** Bytes of the writable layer, without the files of some paths. */
  sizeBytes(except?: readonly string[]): Promise<number>;
};

/** `docker run --storage-opt`: `size` in Docker's units, and what else the storage driver knows. */
export type StorageOptions = Readonly<Record<string, string>>;

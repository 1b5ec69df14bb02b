/**
 * What the routers ask of the engine. The daemon implements it; the server imports nothing of the daemon.
 * Arguments are requests as they came, shapes checked and defaults not yet applied; results are responses as
 * they go out. Every method throws EngineError with Docker's wording.
 */
import type { Duplex, Readable } from 'node:stream';
import type { MachineUsage } from './machine.ts';
import type { CgroupOverview, ContainerCgroup } from './cgroups.ts';
import type * as api from './types.ts';
import type { BuildProgress, BuildPruneOptions, ClassicBuildOptions } from './classic-build.ts';

/** Docker's `filters` query parameter: `{"label":{"a=b":true}}` or `{"label":["a=b"]}`, both as lists here. */
export type Filters = ReadonlyMap<string, readonly string[]>;

export interface ContainerBackend {
  containerCreate(
    name: string,
    request: api.ContainerCreateRequest,
    options?: api.ContainerCreateOptions,
  ): Promise<api.ContainerCreateResponse>;
  containerStart(id: string): Promise<void>;
  /** Undefined: the container's own timeout; -1: wait for ever. */
  containerStop(id: string, options: { signal?: string; timeoutSeconds?: number }): Promise<void>;
  containerRestart(id: string, options: { signal?: string; timeoutSeconds?: number }): Promise<void>;
  containerKill(id: string, signal: string): Promise<void>;
  containerPause(id: string): Promise<void>;
  containerUnpause(id: string): Promise<void>;
  containerRename(id: string, newName: string): Promise<void>;
  containerUpdate(id: string, request: api.ContainerUpdateRequest): Promise<{ Warnings: string[] | null }>;
  /** Publishes further ports, also of a container that runs. */
  containerPublish(id: string, ports: api.PortMap): Promise<void>;
  /** Publishes ports no more. */
  containerWithdrawPorts(id: string, ports: api.PortMap): Promise<void>;
  containerRemove(id: string, options: { force: boolean; volumes: boolean; link: boolean }): Promise<void>;
  containerInspect(id: string, options: { size: boolean }): Promise<api.ContainerInspect>;
  containerList(options: {
    all: boolean;
    limit: number;
    size: boolean;
    filters: Filters;
  }): Promise<api.ContainerSummary[]>;
  containerTop(id: string, psArgs: string): Promise<api.ContainerTop>;
  containerPrune(filters: Filters): Promise<{ ContainersDeleted: string[] | null; SpaceReclaimed: number }>;
  containerExport(id: string): Promise<Readable>;
  containerStatPath(id: string, path: string): Promise<api.ContainerPathStat>;
  containerArchive(id: string, path: string): Promise<{ stat: api.ContainerPathStat; stream: Readable }>;
  containerExtract(
    id: string,
    path: string,
    content: Readable,
    options: { copyUIDGID: boolean; noOverwriteDirNonDir: boolean },
  ): Promise<void>;
  /** Returns the id of the image. */
  containerCommit(id: string, options: ContainerCommitOptions): Promise<string>;
  /**
   * Settles at once when the container is known and the condition is registered; the answer comes in `status`
   * (the router sends its headers in between, and clients rely on that).
   */
  containerWait(
    id: string,
    condition: 'not-running' | 'next-exit' | 'removed',
    signal: AbortSignal,
  ): Promise<{ status: Promise<api.ContainerWaitResponse> }>;
  containerResize(id: string, rows: number, columns: number): Promise<void>;
  /** Multiplexed as in `multiplexed`, where the container has no terminal. Ends with the logs, or never with `follow`. */
  containerLogs(id: string, options: api.LogsOptions): Promise<{ stream: Readable; multiplexed: boolean }>;
  /** Checks the container, then `open` hands over the client's connection (already switched to raw). */
  containerAttach(id: string, options: AttachOptions): Promise<AttachSession>;
  /** A line of stats each second, or one only. */
  containerStats(
    id: string,
    options: { stream: boolean; oneShot: boolean },
    signal: AbortSignal,
  ): AsyncIterable<unknown>;
  containerChanges(id: string): Promise<{ Path: string; Kind: 0 | 1 | 2 }[] | null>;
  /** Its place in each hierarchy of cgroups (Slipway's own). */
  containerCgroup(id: string): Promise<ContainerCgroup>;
  /** The plan that starting it would execute, a line an operation (Slipway's own). */
  containerExplain(id: string): Promise<string[]>;

  execCreate(containerId: string, config: api.ExecConfig): Promise<{ Id: string }>;
  /** With `Detach` the session is undefined. */
  execStart(execId: string, config: api.ExecStartConfig): Promise<AttachSession | undefined>;
  execResize(execId: string, rows: number, columns: number): Promise<void>;
  execInspect(execId: string): Promise<api.ExecInspect>;
}

export type ContainerCommitOptions = {
  repository: string;
  tag: string;
  author: string;
  comment: string;
  /** In place of the container's own. */
  config?: api.ContainerConfig | undefined;
  /** Dockerfile instructions. */
  changes: string[];
  /** Whether a running container stands still while its files are read. */
  pause: boolean;
};

export type AttachOptions = {
  stream: boolean;
  logs: boolean;
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  /** '' for the default ones. */
  detachKeys: string;
  /** Output as it is written, of both streams, where it would be Docker's frames otherwise. Default: false. */
  raw?: boolean;
};

export type AttachSession = {
  /** Whether output is Docker's frames (no terminal) or raw. */
  multiplexed: boolean;
  /** Copies both ways until either side ends or the detach keys come. Ends `client` itself. */
  run(client: Duplex): Promise<void>;
};

export type ImageImportOptions = {
  repository: string;
  tag: string;
  message: string;
  changes: string[];
  platform?: string;
};

/** What is asked of a registry, and who asks. */
export type RegistryRequest = {
  auth: api.AuthConfig;
  /** Ends it. */
  signal: AbortSignal;
};

export type ImagePullRequest = RegistryRequest & {
  /** A name, with a tag or a digest or without. */
  image: string;
  /** A tag or a digest; '' for what the name has, and, where that has none either, all tags. */
  tag: string;
  platform?: string | undefined;
};

export type ImagePushRequest = RegistryRequest & {
  image: string;
  /** '' for all tags of that name. */
  tag: string;
  platform?: api.Platform | undefined;
};

export interface ImageBackend {
  imageList(options: { all?: boolean; filters: Filters; sharedSize?: boolean }): Promise<api.ImageSummary[]>;
  /** With a platform, the image of that name for it: `not-found` when there is none. */
  imageInspect(reference: string, platform?: api.Platform): Promise<api.ImageInspect>;
  imageHistory(reference: string, platform?: api.Platform): Promise<unknown[]>;
  imageTag(reference: string, repository: string, tag: string): Promise<void>;
  imageRemove(
    reference: string,
    options: { force: boolean; noPrune: boolean; platform?: api.Platform },
  ): Promise<{ Untagged?: string; Deleted?: string }[]>;
  imagePrune(
    filters: Filters,
  ): Promise<{ ImagesDeleted: { Untagged?: string; Deleted?: string }[] | null; SpaceReclaimed: number }>;
  imageLoad(
    archive: Readable,
    options: { progress: (message: api.ProgressMessage) => void; platform?: api.Platform },
  ): Promise<void>;
  imageSave(references: string[], platform?: api.Platform): Promise<Readable>;
  imageImport(archive: Readable, options: ImageImportOptions): Promise<string>;
  /** As `imageImport`, of what is at an address. */
  imageImportFrom(
    address: string,
    options: ImageImportOptions,
    progress: (message: api.ProgressMessage) => void,
  ): Promise<string>;
  imagePush(request: ImagePushRequest, progress: (message: api.ProgressMessage) => void): Promise<void>;
  /** `POST /images/create?fromImage=`. */
  imagePull(request: ImagePullRequest, progress: (message: api.ProgressMessage) => void): Promise<void>;
  /** Slipway's own. */
  imageBootstrap(what: string, progress: (message: api.ProgressMessage) => void): Promise<string>;
}

export interface RegistryBackend {
  /** `POST /auth`. */
  registryLogin(request: RegistryRequest): Promise<api.AuthResponse>;
  distributionInspect(name: string, request: RegistryRequest): Promise<api.DistributionInspect>;
  imageSearch(
    request: RegistryRequest & { term: string; limit: number; filters: Filters },
  ): Promise<api.SearchResult[]>;
}

/** What a client says of the session that it offers. */
export type BuildSession = {
  id: string;
  /** Methods of gRPC that it serves. */
  methods: string[];
  /** What it calls its directories from one build to the next; '' for nothing. */
  sharedKey: string;
};

export interface BuildBackend {
  /** `POST /build`. The build ends when `signal` is aborted. */
  imageBuild(
    options: ClassicBuildOptions,
    build: { body: Readable; progress: BuildProgress; signal: AbortSignal },
  ): Promise<void>;
  /** BuildKit's API on a connection that carries HTTP/2. Settles when that has ended. */
  buildkitServe(connection: Duplex): Promise<void>;
  /** What a client serves for its builds, on a connection where it is the one that is called. */
  buildkitSession(connection: Duplex, session: BuildSession): Promise<void>;
  buildPrune(options: BuildPruneOptions): Promise<{ CachesDeleted: string[] | null; SpaceReclaimed: number }>;
}

export interface NetworkBackend {
  networkList(filters: Filters): Promise<api.NetworkInspect[]>;
  /** With a scope, only where it is the network's. */
  networkInspect(id: string, options: { scope: string }): Promise<api.NetworkInspect>;
  networkCreate(request: api.NetworkCreateRequest): Promise<{ Id: string; Warning: string }>;
  networkRemove(id: string): Promise<void>;
  networkPrune(filters: Filters): Promise<{ NetworksDeleted: string[] | null }>;
  networkConnect(
    id: string,
    request: { Container?: string; EndpointConfig?: api.EndpointSettings | null },
  ): Promise<void>;
  /** What on the host keeps networks from working as they should. */
  networkProblems(): Promise<api.NetworkProblem[]>;
  /** Which rules decide about packets to a container's ports, or one of the host's, or about what a container sends. */
  networkTrace(request: { of: string; from?: string; to?: string }): Promise<api.NetworkTrace[]>;
  networkDisconnect(id: string, request: { Container?: string; Force?: boolean }): Promise<void>;
}

export interface VolumeBackend {
  volumeList(filters: Filters): Promise<{ Volumes: api.Volume[]; Warnings: string[] | null }>;
  volumeInspect(name: string): Promise<api.Volume>;
  volumeCreate(request: {
    Name?: string;
    Driver?: string;
    DriverOpts?: Record<string, string>;
    Labels?: Record<string, string>;
  }): Promise<api.Volume>;
  volumeRemove(name: string, force: boolean): Promise<void>;
  volumePrune(filters: Filters): Promise<{ VolumesDeleted: string[] | null; SpaceReclaimed: number }>;
}

export type UsagePart = 'image' | 'container' | 'volume' | 'build-cache';

export interface SystemBackend {
  info(): Promise<api.SystemInfo>;
  version(): Promise<api.SystemVersion>;
  /** Past events from `since`, then live ones until `until` or abort. */
  events(options: {
    sinceNs?: bigint;
    untilNs?: bigint;
    filters: Filters;
    signal: AbortSignal;
  }): AsyncIterable<api.EventMessage>;
  /** Disk usage of the parts asked for; the others are null. */
  diskUsage(parts: ReadonlySet<UsagePart>): Promise<Record<string, unknown>>;
  /** What the machine is at (Slipway's own). */
  machine(): Promise<MachineUsage>;
  /** The machine's hierarchies of cgroups (Slipway's own). */
  cgroups(): Promise<CgroupOverview>;
  /** What is measured of containers, engine and machine, in Prometheus' text format, in pieces (Slipway's own). */
  metrics(): AsyncIterable<string>;
  /** Slipway's own. */
  systemCheck(
    options: api.SystemCheckOptions,
    progress: (progress: api.SystemCheckProgress) => void,
  ): Promise<api.SystemCheckReport>;
}

export interface Backend
  extends ContainerBackend,
    ImageBackend,
    RegistryBackend,
    BuildBackend,
    NetworkBackend,
    VolumeBackend,
    SystemBackend {}

/**
 * The wire types of the Docker Engine API, version 1.51, under their own names (api.yaml in docker/docker).
 * Numbers are what JSON has (Int64 where Go has 64 bits for what a user may choose): durations in nanoseconds, sizes in bytes, times as RFC 3339 with nanoseconds.
 */
import type { Int64 } from '../base/int64.ts';

export const API_VERSION = '1.51';
export const MIN_API_VERSION = '1.24';

export type PortMap = Record<string, { HostIp?: string; HostPort?: string }[] | null>;

export type HealthConfig = {
  Test?: string[];
  Interval?: Int64;
  Timeout?: Int64;
  StartPeriod?: Int64;
  StartInterval?: Int64;
  Retries?: Int64;
};

export type ContainerConfig = {
  Hostname?: string;
  Domainname?: string;
  User?: string;
  AttachStdin?: boolean;
  AttachStdout?: boolean;
  AttachStderr?: boolean;
  ExposedPorts?: Record<string, object> | null;
  Tty?: boolean;
  OpenStdin?: boolean;
  StdinOnce?: boolean;
  Env?: string[] | null;
  Cmd?: string[] | null;
  Healthcheck?: HealthConfig | null;
  ArgsEscaped?: boolean;
  Image?: string;
  Volumes?: Record<string, object> | null;
  WorkingDir?: string;
  Entrypoint?: string[] | null;
  NetworkDisabled?: boolean;
  MacAddress?: string;
  OnBuild?: string[] | null;
  Labels?: Record<string, string> | null;
  StopSignal?: string;
  StopTimeout?: Int64 | null;
  Shell?: string[] | null;
};

export type Mount = {
  Type?: 'bind' | 'volume' | 'tmpfs' | 'npipe' | 'cluster' | 'image';
  Source?: string;
  Target?: string;
  ReadOnly?: boolean;
  Consistency?: string;
  BindOptions?: {
    Propagation?: string;
    NonRecursive?: boolean;
    CreateMountpoint?: boolean;
    ReadOnlyNonRecursive?: boolean;
    ReadOnlyForceRecursive?: boolean;
  };
  VolumeOptions?: {
    NoCopy?: boolean;
    Labels?: Record<string, string>;
    Subpath?: string;
    DriverConfig?: { Name?: string; Options?: Record<string, string> };
  };
  ImageOptions?: { Subpath?: string };
  TmpfsOptions?: { SizeBytes?: Int64; Mode?: number; Options?: string[][] };
};

export type RestartPolicy = {
  Name?: '' | 'no' | 'always' | 'unless-stopped' | 'on-failure';
  MaximumRetryCount?: Int64;
};
export type DeviceMapping = { PathOnHost?: string; PathInContainer?: string; CgroupPermissions?: string };
export type Ulimit = { Name?: string; Hard?: Int64; Soft?: Int64 };
/** A device that a driver of its own provides; there is none here. */
export type DeviceRequest = {
  Driver?: string;
  Count?: Int64;
  DeviceIDs?: string[] | null;
  Capabilities?: string[][] | null;
  Options?: Record<string, string> | null;
};
export type ThrottleDevice = { Path?: string; Rate?: Int64 };

export type Resources = {
  CpuShares?: Int64;
  Memory?: Int64;
  NanoCpus?: Int64;
  CgroupParent?: string;
  BlkioWeight?: number;
  BlkioWeightDevice?: { Path?: string; Weight?: number }[] | null;
  BlkioDeviceReadBps?: ThrottleDevice[] | null;
  BlkioDeviceWriteBps?: ThrottleDevice[] | null;
  BlkioDeviceReadIOps?: ThrottleDevice[] | null;
  BlkioDeviceWriteIOps?: ThrottleDevice[] | null;
  CpuPeriod?: Int64;
  CpuQuota?: Int64;
  CpuRealtimePeriod?: Int64;
  CpuRealtimeRuntime?: Int64;
  CpusetCpus?: string;
  CpusetMems?: string;
  Devices?: DeviceMapping[] | null;
  DeviceCgroupRules?: string[] | null;
  DeviceRequests?: DeviceRequest[] | null;
  KernelMemoryTCP?: Int64;
  MemoryReservation?: Int64;
  MemorySwap?: Int64;
  MemorySwappiness?: Int64 | null;
  OomKillDisable?: boolean | null;
  PidsLimit?: Int64 | null;
  Ulimits?: Ulimit[] | null;
  CpuCount?: Int64;
  CpuPercent?: Int64;
  IOMaximumIOps?: Int64;
  IOMaximumBandwidth?: Int64;
};

export type HostConfig = Resources & {
  Binds?: string[] | null;
  ContainerIDFile?: string;
  LogConfig?: { Type?: string; Config?: Record<string, string> | null };
  NetworkMode?: string;
  PortBindings?: PortMap | null;
  RestartPolicy?: RestartPolicy;
  AutoRemove?: boolean;
  VolumeDriver?: string;
  VolumesFrom?: string[] | null;
  ConsoleSize?: [number, number];
  Annotations?: Record<string, string>;
  CapAdd?: string[] | null;
  CapDrop?: string[] | null;
  CgroupnsMode?: '' | 'private' | 'host';
  Dns?: string[] | null;
  DnsOptions?: string[] | null;
  DnsSearch?: string[] | null;
  ExtraHosts?: string[] | null;
  GroupAdd?: string[] | null;
  IpcMode?: string;
  Cgroup?: string;
  Links?: string[] | null;
  OomScoreAdj?: Int64;
  PidMode?: string;
  Privileged?: boolean;
  PublishAllPorts?: boolean;
  ReadonlyRootfs?: boolean;
  SecurityOpt?: string[] | null;
  StorageOpt?: Record<string, string> | null;
  Tmpfs?: Record<string, string> | null;
  UTSMode?: string;
  UsernsMode?: string;
  ShmSize?: Int64;
  Sysctls?: Record<string, string> | null;
  Runtime?: string;
  Isolation?: string;
  Mounts?: Mount[] | null;
  MaskedPaths?: string[] | null;
  ReadonlyPaths?: string[] | null;
  Init?: boolean | null;
};

export type EndpointSettings = {
  IPAMConfig?: { IPv4Address?: string; IPv6Address?: string; LinkLocalIPs?: string[] } | null;
  Links?: string[] | null;
  Aliases?: string[] | null;
  MacAddress?: string;
  DriverOpts?: Record<string, string> | null;
  GwPriority?: Int64;
  NetworkID?: string;
  EndpointID?: string;
  Gateway?: string;
  IPAddress?: string;
  IPPrefixLen?: number;
  IPv6Gateway?: string;
  GlobalIPv6Address?: string;
  GlobalIPv6PrefixLen?: number;
  DNSNames?: string[] | null;
};

export type NetworkingConfig = { EndpointsConfig?: Record<string, EndpointSettings | null> | null };

export type ContainerCreateRequest = ContainerConfig & {
  HostConfig?: HostConfig;
  NetworkingConfig?: NetworkingConfig;
};

/** What a request for a new container says beside its body. */
export type ContainerCreateOptions = {
  platform?: string;
  /** Read-only binds leave the mounts below them writable, unless they say otherwise themselves. */
  flatReadonlyMounts?: boolean;
};

export type ContainerCreateResponse = { Id: string; Warnings: string[] };

export type ContainerStatus =
  | 'created'
  | 'running'
  | 'paused'
  | 'restarting'
  | 'removing'
  | 'exited'
  | 'dead';

export type HealthcheckResult = { Start: string; End: string; ExitCode: number; Output: string };
export type Health = {
  Status: 'none' | 'starting' | 'healthy' | 'unhealthy';
  FailingStreak: number;
  Log: HealthcheckResult[];
};

export type ContainerState = {
  Status: ContainerStatus;
  Running: boolean;
  Paused: boolean;
  Restarting: boolean;
  OOMKilled: boolean;
  Dead: boolean;
  Pid: number;
  ExitCode: number;
  Error: string;
  StartedAt: string;
  FinishedAt: string;
  Health?: Health;
};

export type MountPoint = {
  Type: string;
  Name?: string;
  Source: string;
  Destination: string;
  Driver?: string;
  Mode: string;
  RW: boolean;
  Propagation: string;
};

export type NetworkSettings = {
  Bridge: string;
  SandboxID: string;
  SandboxKey: string;
  Ports: PortMap;
  HairpinMode: boolean;
  LinkLocalIPv6Address: string;
  LinkLocalIPv6PrefixLen: number;
  SecondaryIPAddresses: null;
  SecondaryIPv6Addresses: null;
  EndpointID: string;
  Gateway: string;
  GlobalIPv6Address: string;
  GlobalIPv6PrefixLen: number;
  IPAddress: string;
  IPPrefixLen: number;
  IPv6Gateway: string;
  MacAddress: string;
  Networks: Record<string, EndpointSettings>;
};

export type ContainerInspect = {
  Id: string;
  Created: string;
  Path: string;
  Args: string[];
  State: ContainerState;
  Image: string;
  ResolvConfPath: string;
  HostnamePath: string;
  HostsPath: string;
  LogPath: string;
  Name: string;
  RestartCount: number;
  Driver: string;
  Platform: string;
  MountLabel: string;
  ProcessLabel: string;
  AppArmorProfile: string;
  ExecIDs: string[] | null;
  HostConfig: HostConfig;
  GraphDriver: { Name: string; Data: Record<string, string> | null };
  SizeRw?: number;
  SizeRootFs?: number;
  Mounts: MountPoint[];
  Config: ContainerConfig;
  NetworkSettings: NetworkSettings;
};

export type Port = { IP?: string; PrivatePort: number; PublicPort?: number; Type: string };

export type ContainerSummary = {
  Id: string;
  Names: string[];
  Image: string;
  ImageID: string;
  Command: string;
  Created: number;
  Ports: Port[];
  SizeRw?: number;
  SizeRootFs?: number;
  Labels: Record<string, string>;
  State: ContainerStatus;
  Status: string;
  HostConfig: { NetworkMode: string; Annotations?: Record<string, string> };
  NetworkSettings: { Networks: Record<string, EndpointSettings> };
  Mounts: MountPoint[];
};

/** What of a container's logs is wanted, and how. */
export type LogsOptions = {
  follow: boolean;
  stdout: boolean;
  stderr: boolean;
  timestamps: boolean;
  /** With the labels and variables that the log's options name. */
  details: boolean;
  /** Lines; undefined for all. */
  tail?: number;
  /** Nanoseconds since the epoch. */
  sinceNs?: bigint;
  untilNs?: bigint;
  signal: AbortSignal;
};

export type ContainerWaitResponse = { StatusCode: number; Error?: { Message: string } };
/** `X-Docker-Container-Path-Stat`, base64 of its JSON. */
export type ContainerPathStat = {
  name: string;
  size: number;
  /** Go's os.FileMode. */
  mode: number;
  mtime: string;
  linkTarget: string;
};

export type ContainerTop = { Titles: string[]; Processes: string[][] };
export type ContainerUpdateRequest = Resources & {
  RestartPolicy?: RestartPolicy;
  /** Slipway's own: how the container is governed (docs/GOVERNANCE.md); an empty value takes one away. */
  Annotations?: Record<string, string>;
};

export type ExecConfig = {
  User?: string;
  Privileged?: boolean;
  Tty?: boolean;
  ConsoleSize?: [number, number] | null;
  AttachStdin?: boolean;
  AttachStderr?: boolean;
  AttachStdout?: boolean;
  DetachKeys?: string;
  Env?: string[] | null;
  WorkingDir?: string;
  Cmd?: string[] | null;
};

export type ExecStartConfig = { Detach?: boolean; Tty?: boolean; ConsoleSize?: [number, number] | null };

export type ExecInspect = {
  ID: string;
  Running: boolean;
  ExitCode: number | null;
  ProcessConfig: {
    tty: boolean;
    entrypoint: string;
    arguments: string[];
    privileged?: boolean;
    user?: string;
  };
  OpenStdin: boolean;
  OpenStderr: boolean;
  OpenStdout: boolean;
  CanRemove: boolean;
  ContainerID: string;
  DetachKeys: string;
  Pid: number;
};

/** What an image is made for. */
export type Platform = { architecture: string; os: string; variant?: string; 'os.version'?: string };

export type ImageSummary = {
  Id: string;
  ParentId: string;
  RepoTags: string[];
  RepoDigests: string[];
  Created: number;
  Size: number;
  SharedSize: number;
  Labels: Record<string, string> | null;
  Containers: number;
};

export type ImageInspect = {
  Id: string;
  RepoTags: string[];
  RepoDigests: string[];
  Parent: string;
  Comment: string;
  Created?: string;
  DockerVersion: string;
  Author: string;
  Config: ContainerConfig | null;
  Architecture: string;
  Variant?: string;
  Os: string;
  OsVersion?: string;
  Size: number;
  GraphDriver: { Name: string; Data: Record<string, string> | null };
  RootFS: { Type: string; Layers?: string[] };
  Metadata: { LastTagTime: string };
};

export type EventMessage = {
  status?: string;
  id?: string;
  from?: string;
  Type: 'container' | 'image' | 'network' | 'volume' | 'daemon' | 'builder' | 'plugin';
  Action: string;
  Actor: { ID: string; Attributes: Record<string, string> };
  scope: 'local';
  time: number;
  timeNano: number;
};

export type NetworkCreateRequest = {
  Name?: string;
  CheckDuplicate?: boolean;
  Driver?: string;
  Scope?: string;
  EnableIPv4?: boolean | null;
  EnableIPv6?: boolean | null;
  IPAM?: {
    Driver?: string;
    Options?: Record<string, string> | null;
    Config?: IpamConfig[] | null;
  } | null;
  Internal?: boolean;
  Attachable?: boolean;
  Ingress?: boolean;
  ConfigOnly?: boolean;
  ConfigFrom?: { Network?: string } | null;
  Options?: Record<string, string> | null;
  Labels?: Record<string, string> | null;
};

export type IpamConfig = {
  Subnet?: string;
  IPRange?: string;
  Gateway?: string;
  AuxiliaryAddresses?: Record<string, string> | null;
};

export type NetworkInspect = {
  Name: string;
  Id: string;
  Created: string;
  Scope: 'local';
  Driver: string;
  EnableIPv4: boolean;
  EnableIPv6: boolean;
  IPAM: {
    Driver: string;
    Options: Record<string, string> | null;
    Config: IpamConfig[] | null;
  };
  Internal: boolean;
  Attachable: boolean;
  Ingress: boolean;
  ConfigFrom: { Network: string };
  ConfigOnly: boolean;
  Containers: Record<
    string,
    { Name: string; EndpointID: string; MacAddress: string; IPv4Address: string; IPv6Address: string }
  >;
  Options: Record<string, string>;
  Labels: Record<string, string>;
};

export type Volume = {
  CreatedAt: string;
  Driver: string;
  Labels: Record<string, string> | null;
  Mountpoint: string;
  Name: string;
  Options: Record<string, string> | null;
  Scope: 'local';
};

/** `GET /info`, `GET /version`: all that docker's CLI prints of them must be there. */
export type SystemInfo = Record<string, unknown>;
export type SystemVersion = {
  Platform: { Name: string };
  Components: { Name: string; Version: string; Details?: Record<string, string> }[];
  Version: string;
  ApiVersion: string;
  MinAPIVersion: string;
  GitCommit: string;
  GoVersion: string;
  Os: string;
  Arch: string;
  KernelVersion: string;
  Experimental?: boolean;
  BuildTime: string;
};

/** Docker's jsonmessage: one JSON object a line on progress streams. */
export type ProgressMessage = {
  stream?: string;
  status?: string;
  id?: string;
  progress?: string;
  progressDetail?: { current?: number; total?: number };
  error?: string;
  /** `hint` is Slipway's own. */
  errorDetail?: { message: string; code?: number; hint?: string };
  aux?: unknown;
};

/** Credentials for a registry: `X-Registry-Auth`, `POST /auth`. */
export type AuthConfig = {
  username?: string;
  password?: string;
  /** `username:password` in base64, in their stead. */
  auth?: string;
  email?: string;
  serveraddress?: string;
  identitytoken?: string;
  registrytoken?: string;
};

export type AuthResponse = { IdentityToken: string; Status: string };

/** What a registry has under a name. */
export type DistributionInspect = {
  Descriptor: { mediaType: string; digest: string; size: number };
  Platforms: Platform[];
};

export type SearchResult = {
  star_count: number;
  is_official: boolean;
  name: string;
  is_automated: boolean;
  description: string;
};

/** Slipway's own `POST /slipway/system/check`. */
export type SystemCheckOptions = {
  repair: boolean;
  /** Whether unpacked layers are compared with their blobs, file by file. */
  layers: boolean;
};

export type SystemCheckProgress = { what: 'content' | 'layers'; current: number; total: number };

/** What keeps networks from working, and what is to be done: sentences without a full stop. */
export type NetworkProblem = { Problem: string; Remedy: string };

/** The way of a packet through the rules of the host's firewalls. */
export type NetworkTrace = {
  /** In words: to where, and from where. */
  Probe: string;
  /** `Packet` is told where a chain gets it. */
  Steps: { Owner: string; Chain: string; Rule: string; Verdict: string; Packet: string }[];
  /** In words. */
  Outcome: string;
  Arrives: boolean;
};

export type SystemCheckReport = {
  Blobs: number;
  BlobBytes: number;
  Layers: number;
  ContainerLayers: number;
  Findings: {
    Kind: string;
    Subject: string;
    Detail: string;
    /** Names of the images that it breaks. */
    Images: string[];
    Repaired: boolean;
  }[];
};

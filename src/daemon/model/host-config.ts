import type * as api from '../../api/types.ts';
import type { Int64 } from '../../base/int64.ts';
import { type Complete, withoutNulls } from './complete.ts';
import {
  formatIpcMode,
  formatNetworkMode,
  formatPidMode,
  type IpcMode,
  type NetworkMode,
  type PidMode,
  parseIpcMode,
  parseNetworkMode,
  parsePidMode,
} from './namespace-modes.ts';

/** What is otherwise here than in the API: nested fields are not open either, and null is nothing asked. */
type Filled = {
  LogConfig: { Type: string; Config: Record<string, string> };
  PortBindings: Record<string, { HostIp: string; HostPort: string }[]>;
  RestartPolicy: Required<api.RestartPolicy>;
  MemorySwappiness: Int64 | null;
  PidsLimit: Int64 | null;
  Init: boolean | null;
  OomKillDisable: boolean | null;
};

/**
 * A request's host configuration with nothing left open, before it is checked: modes are any text, links are as they
 * were given, and no default of the engine's is in it.
 */
export type FilledHostConfig = Complete<api.HostConfig, Filled> & LeftOut;

type LeftOut = {
  /** Lists that the request has left out: `inspect` shows null for them, and an empty list for one that was empty. */
  readonly leftOut: readonly ListField[];
};

type Decided = Filled & {
  NetworkMode: NetworkMode;
  PidMode: PidMode;
  IpcMode: IpcMode;
  /** The record has them, by ids: names of containers may change. */
  Links: null;
};

/**
 * What a container asks of its host, with nothing left open: completed once, when the container is created. A field that
 * is added to the API's type is missing here until {@link NOTHING} has a value for it.
 */
export type CompletedHostConfig = Complete<api.HostConfig, Decided> & LeftOut;

/**
 * Where a field takes effect: as a limit of the kernel's, which `docker update` changes or not; elsewhere in the runtime
 * spec; in what the daemon does itself; or nowhere on Linux, where it is shown only.
 */
type Use = 'updated limit' | 'limit' | 'spec' | 'daemon' | 'shown';

const USES = {
  BlkioWeight: 'updated limit',
  CpuShares: 'updated limit',
  NanoCpus: 'updated limit',
  CpuPeriod: 'updated limit',
  CpuQuota: 'updated limit',
  CpuRealtimePeriod: 'updated limit',
  CpuRealtimeRuntime: 'updated limit',
  CpusetCpus: 'updated limit',
  CpusetMems: 'updated limit',
  Memory: 'updated limit',
  MemorySwap: 'updated limit',
  MemoryReservation: 'updated limit',
  PidsLimit: 'updated limit',
  BlkioWeightDevice: 'updated limit',
  BlkioDeviceReadBps: 'updated limit',
  BlkioDeviceWriteBps: 'updated limit',
  BlkioDeviceReadIOps: 'updated limit',
  BlkioDeviceWriteIOps: 'updated limit',
  MemorySwappiness: 'updated limit',
  OomKillDisable: 'limit',
  KernelMemoryTCP: 'limit',
  Annotations: 'spec',
  CapAdd: 'spec',
  CapDrop: 'spec',
  CgroupnsMode: 'spec',
  ConsoleSize: 'spec',
  DeviceCgroupRules: 'spec',
  Devices: 'spec',
  Init: 'spec',
  IpcMode: 'spec',
  MaskedPaths: 'spec',
  NetworkMode: 'spec',
  OomScoreAdj: 'spec',
  PidMode: 'spec',
  Privileged: 'spec',
  ReadonlyPaths: 'spec',
  ReadonlyRootfs: 'spec',
  SecurityOpt: 'spec',
  ShmSize: 'spec',
  Sysctls: 'spec',
  Tmpfs: 'spec',
  UTSMode: 'spec',
  Ulimits: 'spec',
  AutoRemove: 'daemon',
  Binds: 'daemon',
  CgroupParent: 'daemon',
  DeviceRequests: 'daemon',
  Dns: 'daemon',
  DnsOptions: 'daemon',
  DnsSearch: 'daemon',
  ExtraHosts: 'daemon',
  GroupAdd: 'daemon',
  Links: 'daemon',
  LogConfig: 'daemon',
  Mounts: 'daemon',
  PortBindings: 'daemon',
  PublishAllPorts: 'daemon',
  RestartPolicy: 'daemon',
  StorageOpt: 'daemon',
  VolumeDriver: 'daemon',
  VolumesFrom: 'daemon',
  Cgroup: 'shown',
  ContainerIDFile: 'shown',
  CpuCount: 'shown',
  CpuPercent: 'shown',
  IOMaximumBandwidth: 'shown',
  IOMaximumIOps: 'shown',
  Isolation: 'shown',
  Runtime: 'shown',
  UsernsMode: 'shown',
} as const satisfies Record<keyof api.HostConfig, Use>;

type UsedAs<Wanted extends Use> = {
  [Field in keyof typeof USES]: (typeof USES)[Field] extends Wanted ? Field : never;
}[keyof typeof USES];

/** The limits among it: spec-resources.ts has the kernel's form of each. */
export type Limits = Pick<CompletedHostConfig, UsedAs<'limit' | 'updated limit'>>;
/** What else the runtime spec is made from, besides the limits. */
export type SpecFields = Pick<CompletedHostConfig, UsedAs<'spec'>>;

/** What `docker update` changes. */
export const UPDATED_LIMITS = Object.entries(USES).flatMap(([field, use]) =>
  use === 'updated limit' ? [field as UsedAs<'updated limit'>] : [],
);

const LISTS = [
  'Binds',
  'VolumesFrom',
  'CapAdd',
  'CapDrop',
  'Dns',
  'DnsOptions',
  'DnsSearch',
  'ExtraHosts',
  'GroupAdd',
  'SecurityOpt',
  'BlkioWeightDevice',
  'BlkioDeviceReadBps',
  'BlkioDeviceWriteBps',
  'BlkioDeviceReadIOps',
  'BlkioDeviceWriteIOps',
  'Devices',
  'DeviceCgroupRules',
  'DeviceRequests',
  'Ulimits',
  'MaskedPaths',
  'ReadonlyPaths',
] as const satisfies (keyof api.HostConfig)[];

type ListField = (typeof LISTS)[number];

/** Docker leaves these out where they are empty. */
const SHOWN_WHERE_SET = [
  'Annotations',
  'StorageOpt',
  'Tmpfs',
  'Sysctls',
  'KernelMemoryTCP',
  'Mounts',
  'Init',
] as const satisfies (keyof api.HostConfig)[];

/** Limits with nothing left open. */
export type FilledResources = Pick<FilledHostConfig, keyof api.Resources>;

/** In the order in which `inspect` shows the fields of resources. */
const NO_RESOURCES: FilledResources = {
  CpuShares: 0,
  Memory: 0,
  NanoCpus: 0,
  CgroupParent: '',
  BlkioWeight: 0,
  BlkioWeightDevice: [],
  BlkioDeviceReadBps: [],
  BlkioDeviceWriteBps: [],
  BlkioDeviceReadIOps: [],
  BlkioDeviceWriteIOps: [],
  CpuPeriod: 0,
  CpuQuota: 0,
  CpuRealtimePeriod: 0,
  CpuRealtimeRuntime: 0,
  CpusetCpus: '',
  CpusetMems: '',
  Devices: [],
  DeviceCgroupRules: [],
  DeviceRequests: [],
  MemoryReservation: 0,
  MemorySwap: 0,
  MemorySwappiness: null,
  OomKillDisable: false,
  PidsLimit: null,
  Ulimits: [],
  KernelMemoryTCP: 0,
  CpuCount: 0,
  CpuPercent: 0,
  IOMaximumIOps: 0,
  IOMaximumBandwidth: 0,
};

/** An update that changes nothing. */
export const NO_LIMITS: Limits = { ...NO_RESOURCES, OomKillDisable: null };

/** In the order in which `inspect` shows the fields. */
const NOTHING: FilledHostConfig = {
  Binds: [],
  ContainerIDFile: '',
  LogConfig: { Type: '', Config: {} },
  NetworkMode: '',
  PortBindings: {},
  RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
  AutoRemove: false,
  VolumeDriver: '',
  VolumesFrom: [],
  ConsoleSize: [0, 0],
  Annotations: {},
  CapAdd: [],
  CapDrop: [],
  CgroupnsMode: '',
  Dns: [],
  DnsOptions: [],
  DnsSearch: [],
  ExtraHosts: [],
  GroupAdd: [],
  IpcMode: '',
  Cgroup: '',
  Links: [],
  OomScoreAdj: 0,
  PidMode: '',
  Privileged: false,
  PublishAllPorts: false,
  ReadonlyRootfs: false,
  SecurityOpt: [],
  StorageOpt: {},
  Tmpfs: {},
  UTSMode: '',
  UsernsMode: '',
  ShmSize: 0,
  Sysctls: {},
  Runtime: '',
  Isolation: '',
  ...NO_RESOURCES,
  Mounts: [],
  MaskedPaths: [],
  ReadonlyPaths: [],
  Init: null,
  leftOut: LISTS,
};

/** A host configuration in the API's form, with zero for what it leaves out. */
export function fillHostConfig(wanted: api.HostConfig): FilledHostConfig {
  const { LogConfig: log, RestartPolicy: policy, ...rest } = wanted;
  return {
    ...NOTHING,
    ...withoutNulls(rest),
    LogConfig: { ...NOTHING.LogConfig, ...withoutNulls({ ...log }) },
    PortBindings: fillPortBindings({ ...wanted.PortBindings }),
    RestartPolicy: { ...NOTHING.RestartPolicy, ...withoutNulls({ ...policy }) },
    leftOut: LISTS.filter(field => !wanted[field]),
  };
}

/** With modes that have been checked. */
export function withParsedModes(filled: FilledHostConfig): CompletedHostConfig {
  return {
    ...filled,
    NetworkMode: parseNetworkMode(filled.NetworkMode),
    IpcMode: parseIpcMode(filled.IpcMode),
    PidMode: parsePidMode(filled.PidMode),
    Links: null,
  };
}

/** What an update asks for, with nothing left open: zero and empty values leave things as they are. */
export type FilledUpdate = FilledResources & {
  RestartPolicy: Required<api.RestartPolicy>;
  Annotations: Record<string, string>;
};

export function fillUpdate({ RestartPolicy, ...wanted }: api.ContainerUpdateRequest): FilledUpdate {
  return {
    ...NO_RESOURCES,
    Annotations: {},
    ...withoutNulls(wanted),
    RestartPolicy: { Name: '', MaximumRetryCount: 0, ...withoutNulls({ ...RestartPolicy }) },
  };
}

export function fillPortBindings(bindings: api.PortMap): CompletedHostConfig['PortBindings'] {
  return Object.fromEntries(
    Object.entries(bindings).map(([port, hosts]) => [
      port.includes('/') ? port : `${port}/tcp`,
      hosts ? hosts.map(({ HostIp = '', HostPort = '' }) => ({ HostIp, HostPort })) : [],
    ]),
  );
}

/** As `inspect` shows it, but for the links. */
export function describeHostConfig({ leftOut, ...hostConfig }: CompletedHostConfig): api.HostConfig {
  const shown: api.HostConfig = {
    ...hostConfig,
    NetworkMode: formatNetworkMode(hostConfig.NetworkMode),
    IpcMode: formatIpcMode(hostConfig.IpcMode),
    PidMode: formatPidMode(hostConfig.PidMode),
  };
  for (const field of leftOut) shown[field] = null;
  for (const field of SHOWN_WHERE_SET) if (!isSet(shown[field])) delete shown[field];
  return shown;
}

function isSet(value: unknown): boolean {
  return typeof value === 'object' && value !== null
    ? Object.keys(value).length > 0
    : value !== null && value !== 0;
}

/** A host configuration as this or an earlier version has stored it: earlier ones stored it in the API's form. */
export function upgradeHostConfig(stored: api.HostConfig | CompletedHostConfig): CompletedHostConfig {
  if ('leftOut' in stored) return { ...withParsedModes(NOTHING), ...stored };
  return withParsedModes(fillHostConfig(stored));
}

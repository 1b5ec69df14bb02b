import type * as api from '../../api/types.ts';
import {
  arrayOf,
  bool,
  type Decoder,
  type Fields,
  integer,
  mapOf,
  nullable,
  safeInteger,
  stringMap,
  strings,
  struct,
  text,
} from '../../base/go/decode.ts';

const throttleDevices = arrayOf(
  struct<api.ThrottleDevice>('blkiodev.ThrottleDevice', { Path: text(), Rate: integer('uint64') }),
  '[]*blkiodev.ThrottleDevice',
);

const weightDevices = arrayOf(
  struct<{ Path?: string; Weight?: number }>('blkiodev.WeightDevice', {
    Path: text(),
    Weight: safeInteger('uint16'),
  }),
  '[]*blkiodev.WeightDevice',
);

const devices = arrayOf(
  struct<api.DeviceMapping>('container.DeviceMapping', {
    PathOnHost: text(),
    PathInContainer: text(),
    CgroupPermissions: text(),
  }),
  '[]container.DeviceMapping',
);

const deviceRequests = arrayOf(
  struct<api.DeviceRequest>('container.DeviceRequest', {
    Driver: text(),
    Count: integer('int'),
    DeviceIDs: strings,
    Capabilities: arrayOf(strings, '[][]string'),
    Options: stringMap,
  }),
  '[]container.DeviceRequest',
);

const ulimits = arrayOf(
  struct<api.Ulimit>('units.Ulimit', { Name: text(), Hard: integer('int64'), Soft: integer('int64') }),
  '[]*units.Ulimit',
);

const resourceFields: Fields<api.Resources> = {
  CpuShares: integer('int64'),
  Memory: integer('int64'),
  NanoCpus: integer('int64'),
  CgroupParent: text(),
  BlkioWeight: safeInteger('uint16'),
  BlkioWeightDevice: weightDevices,
  BlkioDeviceReadBps: throttleDevices,
  BlkioDeviceWriteBps: throttleDevices,
  BlkioDeviceReadIOps: throttleDevices,
  BlkioDeviceWriteIOps: throttleDevices,
  CpuPeriod: integer('int64'),
  CpuQuota: integer('int64'),
  CpuRealtimePeriod: integer('int64'),
  CpuRealtimeRuntime: integer('int64'),
  CpusetCpus: text(),
  CpusetMems: text(),
  Devices: devices,
  DeviceCgroupRules: strings,
  DeviceRequests: deviceRequests,
  KernelMemoryTCP: integer('int64'),
  MemoryReservation: integer('int64'),
  MemorySwap: integer('int64'),
  MemorySwappiness: integer('int64'),
  OomKillDisable: bool,
  PidsLimit: integer('int64'),
  Ulimits: ulimits,
  CpuCount: integer('int64'),
  CpuPercent: integer('int64'),
  IOMaximumIOps: integer('uint64'),
  IOMaximumBandwidth: integer('uint64'),
};

const restartPolicy = struct<api.RestartPolicy>('container.RestartPolicy', {
  Name: text('container.RestartPolicyMode'),
  MaximumRetryCount: integer('int'),
});

export const portMap: Decoder<api.PortMap> = mapOf(
  nullable(
    arrayOf(
      struct<{ HostIp?: string; HostPort?: string }>('nat.PortBinding', { HostIp: text(), HostPort: text() }),
      '[]nat.PortBinding',
    ),
  ),
  'nat.PortMap',
);

/** Go's [2]uint: what is missing is 0, what is too much is dropped. */
export const consoleSize: Decoder<[number, number]> = (value, path) => {
  const [rows = 0, columns = 0] = arrayOf(safeInteger('uint'), '[2]uint')(value, path);
  return [rows, columns];
};

const mount = struct<api.Mount>('mount.Mount', {
  Type: text('mount.Type'),
  Source: text(),
  Target: text(),
  ReadOnly: bool,
  Consistency: text('mount.Consistency'),
  BindOptions: struct<NonNullable<api.Mount['BindOptions']>>('mount.BindOptions', {
    Propagation: text('mount.Propagation'),
    NonRecursive: bool,
    CreateMountpoint: bool,
    ReadOnlyNonRecursive: bool,
    ReadOnlyForceRecursive: bool,
  }),
  VolumeOptions: struct<NonNullable<api.Mount['VolumeOptions']>>('mount.VolumeOptions', {
    NoCopy: bool,
    Labels: stringMap,
    Subpath: text(),
    DriverConfig: struct<{ Name?: string; Options?: Record<string, string> }>('mount.Driver', {
      Name: text(),
      Options: stringMap,
    }),
  }),
  ImageOptions: struct<{ Subpath?: string }>('mount.ImageOptions', { Subpath: text() }),
  TmpfsOptions: struct<NonNullable<api.Mount['TmpfsOptions']>>('mount.TmpfsOptions', {
    SizeBytes: integer('int64'),
    Mode: safeInteger('uint32'),
    Options: arrayOf(strings, '[][]string'),
  }),
});

export const hostConfig = struct<api.HostConfig>('container.HostConfig', {
  ...resourceFields,
  Binds: strings,
  ContainerIDFile: text(),
  LogConfig: struct<NonNullable<api.HostConfig['LogConfig']>>('container.LogConfig', {
    Type: text(),
    Config: stringMap,
  }),
  NetworkMode: text('container.NetworkMode'),
  PortBindings: portMap,
  RestartPolicy: restartPolicy,
  AutoRemove: bool,
  VolumeDriver: text(),
  VolumesFrom: strings,
  ConsoleSize: consoleSize,
  Annotations: stringMap,
  CapAdd: strings,
  CapDrop: strings,
  CgroupnsMode: text('container.CgroupnsMode'),
  Dns: strings,
  DnsOptions: strings,
  DnsSearch: strings,
  ExtraHosts: strings,
  GroupAdd: strings,
  IpcMode: text('container.IpcMode'),
  Cgroup: text('container.CgroupSpec'),
  Links: strings,
  OomScoreAdj: integer('int'),
  PidMode: text('container.PidMode'),
  Privileged: bool,
  PublishAllPorts: bool,
  ReadonlyRootfs: bool,
  SecurityOpt: strings,
  StorageOpt: stringMap,
  Tmpfs: stringMap,
  UTSMode: text('container.UTSMode'),
  UsernsMode: text('container.UsernsMode'),
  ShmSize: integer('int64'),
  Sysctls: stringMap,
  Runtime: text(),
  Isolation: text('container.Isolation'),
  Mounts: arrayOf(mount, '[]mount.Mount'),
  MaskedPaths: strings,
  ReadonlyPaths: strings,
  Init: bool,
});

export const updateRequest = struct<api.ContainerUpdateRequest>('container.UpdateConfig', {
  ...resourceFields,
  RestartPolicy: restartPolicy,
  Annotations: stringMap,
});

import { type Int64, toInt64 } from '../../../base/int64.ts';
import type { HostConfig } from '../../../api/types.ts';
import { present } from './merge-image-config.ts';

const MASKED_PATHS = `/proc/asound /proc/acpi /proc/interrupts /proc/kcore /proc/keys /proc/latency_stats
  /proc/timer_list /proc/timer_stats /proc/sched_debug /proc/scsi /sys/firmware
  /sys/devices/virtual/powercap`.split(/\s+/);
const READONLY_PATHS = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

/** What the engine's own options say of every container. */
export type HostDefaults = {
  /** Private on a machine with cgroups v2 only, as Docker has it. */
  cgroupnsMode: 'private' | 'host';
  ipcMode: 'private' | 'shareable';
  shmSizeBytes: Int64;
  logDriver: string;
  logOptions: Record<string, string>;
  init: boolean;
  /** Of containers that name none. */
  networkMode: 'bridge' | 'none';
};

/**
 * A host configuration with all the fields and defaults that `inspect` shows. What was sent is kept as it was sent, in
 * its own spelling and an empty list as an empty list: by that, programs tell whether a container is as they want it.
 */
export function completeHostConfig(wanted: HostConfig, defaults: HostDefaults): HostConfig {
  const isPrivileged = wanted.Privileged ?? false;
  const isUnmasked = (wanted.SecurityOpt ?? []).includes('systempaths=unconfined');
  const systemPaths = (defaults: string[]) => (isPrivileged ? null : isUnmasked ? [] : defaults);
  return {
    Binds: wanted.Binds ?? null,
    ContainerIDFile: wanted.ContainerIDFile ?? '',
    LogConfig: logConfig(wanted.LogConfig, defaults),
    NetworkMode: networkMode(wanted.NetworkMode ?? '', defaults.networkMode),
    PortBindings: portBindings(wanted.PortBindings),
    RestartPolicy: {
      Name: wanted.RestartPolicy?.Name || 'no',
      MaximumRetryCount: wanted.RestartPolicy?.MaximumRetryCount ?? 0,
    },
    AutoRemove: wanted.AutoRemove ?? false,
    VolumeDriver: wanted.VolumeDriver ?? '',
    VolumesFrom: wanted.VolumesFrom ?? null,
    ConsoleSize: wanted.ConsoleSize ?? [0, 0],
    ...present('Annotations', wanted.Annotations),
    CapAdd: wanted.CapAdd ?? null,
    CapDrop: wanted.CapDrop ?? null,
    CgroupnsMode: wanted.CgroupnsMode || defaults.cgroupnsMode,
    Dns: wanted.Dns ?? null,
    DnsOptions: wanted.DnsOptions ?? null,
    DnsSearch: wanted.DnsSearch ?? null,
    ExtraHosts: wanted.ExtraHosts ?? null,
    GroupAdd: wanted.GroupAdd ?? null,
    IpcMode: wanted.IpcMode || defaults.ipcMode,
    Cgroup: wanted.Cgroup ?? '',
    // Kept in the record: names of containers may change.
    Links: null,
    OomScoreAdj: wanted.OomScoreAdj ?? 0,
    PidMode: wanted.PidMode ?? '',
    Privileged: isPrivileged,
    PublishAllPorts: wanted.PublishAllPorts ?? false,
    ReadonlyRootfs: wanted.ReadonlyRootfs ?? false,
    SecurityOpt: securityOptions(wanted),
    ...present('StorageOpt', wanted.StorageOpt),
    ...present('Tmpfs', wanted.Tmpfs),
    UTSMode: wanted.UTSMode ?? '',
    UsernsMode: wanted.UsernsMode ?? '',
    ShmSize: wanted.ShmSize || defaults.shmSizeBytes,
    ...present('Sysctls', wanted.Sysctls),
    Runtime: wanted.Runtime || 'slipway',
    Isolation: wanted.Isolation ?? '',
    ...completeResources(wanted),
    ...present('Mounts', wanted.Mounts),
    MaskedPaths: wanted.MaskedPaths ?? systemPaths(MASKED_PATHS),
    ReadonlyPaths: wanted.ReadonlyPaths ?? systemPaths(READONLY_PATHS),
    ...(wanted.Init === undefined || wanted.Init === null
      ? defaults.init
        ? { Init: true }
        : {}
      : { Init: wanted.Init }),
  };
}

function completeResources(wanted: HostConfig): HostConfig {
  const memory = wanted.Memory ?? 0;
  return {
    CpuShares: wanted.CpuShares ?? 0,
    Memory: memory,
    NanoCpus: wanted.NanoCpus ?? 0,
    CgroupParent: wanted.CgroupParent ?? '',
    BlkioWeight: wanted.BlkioWeight ?? 0,
    BlkioWeightDevice: wanted.BlkioWeightDevice ?? null,
    BlkioDeviceReadBps: wanted.BlkioDeviceReadBps ?? null,
    BlkioDeviceWriteBps: wanted.BlkioDeviceWriteBps ?? null,
    BlkioDeviceReadIOps: wanted.BlkioDeviceReadIOps ?? null,
    BlkioDeviceWriteIOps: wanted.BlkioDeviceWriteIOps ?? null,
    CpuPeriod: wanted.CpuPeriod ?? 0,
    CpuQuota: wanted.CpuQuota ?? 0,
    CpuRealtimePeriod: wanted.CpuRealtimePeriod ?? 0,
    CpuRealtimeRuntime: wanted.CpuRealtimeRuntime ?? 0,
    CpusetCpus: wanted.CpusetCpus ?? '',
    CpusetMems: wanted.CpusetMems ?? '',
    Devices: wanted.Devices ?? null,
    DeviceCgroupRules: wanted.DeviceCgroupRules ?? null,
    DeviceRequests: wanted.DeviceRequests ?? null,
    MemoryReservation: wanted.MemoryReservation ?? 0,
    // Docker allows as much swap as memory when nothing is said.
    MemorySwap: memory > 0 && !wanted.MemorySwap ? twice(memory) : (wanted.MemorySwap ?? 0),
    MemorySwappiness: wanted.MemorySwappiness === -1 ? null : (wanted.MemorySwappiness ?? null),
    OomKillDisable: wanted.OomKillDisable ?? false,
    // Zero and less mean no limit.
    PidsLimit: (wanted.PidsLimit ?? 0) > 0 ? wanted.PidsLimit : null,
    Ulimits: wanted.Ulimits ?? null,
    ...present('KernelMemoryTCP', wanted.KernelMemoryTCP),
    // Of Windows.
    CpuCount: wanted.CpuCount ?? 0,
    CpuPercent: 0,
    IOMaximumIOps: 0,
    IOMaximumBandwidth: 0,
  };
}

/** Where the host's processes or memory are to be seen, labels are of no use, unless the request names some. */
function securityOptions({ SecurityOpt, IpcMode, PidMode, Privileged }: HostConfig): string[] | null {
  const isOpen = IpcMode === 'host' || PidMode === 'host' || Privileged;
  const isLabelled = SecurityOpt?.some(option => option === 'label' || option.startsWith('label='));
  return isOpen && !isLabelled ? [...(SecurityOpt ?? []), 'label=disable'] : (SecurityOpt ?? null);
}

/** As Go has it: what is too much for 64 bits becomes negative, and so no limit. */
function twice(value: Int64): Int64 {
  return toInt64(BigInt.asIntN(64, 2n * BigInt(value)));
}

function logConfig(wanted: HostConfig['LogConfig'], defaults: HostDefaults): HostConfig['LogConfig'] {
  if (wanted?.Type) return { Type: wanted.Type, Config: wanted.Config ?? {} };
  return { Type: defaults.logDriver, Config: { ...defaults.logOptions, ...wanted?.Config } };
}

function networkMode(mode: string, defaultMode: string): string {
  return mode === '' || mode === 'default' ? defaultMode : mode;
}

function portBindings(bindings: HostConfig['PortBindings']): HostConfig['PortBindings'] {
  return Object.fromEntries(
    Object.entries(bindings ?? {}).map(([port, hosts]) => [
      port.includes('/') ? port : `${port}/tcp`,
      (hosts ?? []).map(({ HostIp = '', HostPort = '' }) => ({ HostIp, HostPort })),
    ]),
  );
}

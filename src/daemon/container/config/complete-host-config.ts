import { type Int64, toInt64 } from '../../../base/int64.ts';
import { type CompletedHostConfig, type FilledHostConfig, withParsedModes } from '../../model/host-config.ts';
import { parseIpcMode } from '../../model/namespace-modes.ts';
import { DEFAULT_READONLY_PATHS } from '../spec/system-paths.ts';

/** What the engine's own options, and the host, say of every container. */
export type HostDefaults = {
  /** Private on a machine with cgroups v2 only, as Docker has it. */
  cgroupnsMode: 'private' | 'host';
  /** The mode of privileged containers: beside cgroup v1 Docker gives them the host's cgroup namespace. */
  privilegedCgroupnsMode: 'private' | 'host';
  ipcMode: 'private' | 'shareable';
  shmSizeBytes: Int64;
  logDriver: string;
  logOptions: Record<string, string>;
  init: boolean;
  /** The mode of containers that name none. */
  networkMode: 'bridge' | 'none';
  /** What containers do not see unless they are told otherwise. */
  maskedPaths: readonly string[];
};

/**
 * What a container asks of the host, with all the defaults. What was sent is kept as it was sent, in its own spelling,
 * and an empty list as an empty list: by that, programs tell whether a container is as they want it.
 */
export function completeHostConfig(wanted: FilledHostConfig, defaults: HostDefaults): CompletedHostConfig {
  const filled = withParsedModes(wanted);
  return {
    ...filled,
    LogConfig: logConfig(filled.LogConfig, defaults),
    NetworkMode: isDefault(wanted.NetworkMode) ? { kind: defaults.networkMode } : filled.NetworkMode,
    CgroupnsMode: filled.CgroupnsMode || cgroupnsMode(filled, defaults),
    IpcMode: wanted.IpcMode ? filled.IpcMode : parseIpcMode(defaults.ipcMode),
    ShmSize: filled.ShmSize || defaults.shmSizeBytes,
    Runtime: filled.Runtime || 'slipway',
    Init: filled.Init === null ? defaults.init || null : filled.Init,
    RestartPolicy: { ...filled.RestartPolicy, Name: filled.RestartPolicy.Name || 'no' },
    // Docker allows as much swap as memory when nothing is said.
    MemorySwap: filled.Memory > 0 && !filled.MemorySwap ? twice(filled.Memory) : filled.MemorySwap,
    MemorySwappiness: filled.MemorySwappiness === -1 ? null : filled.MemorySwappiness,
    // Zero and less mean no limit.
    PidsLimit: filled.PidsLimit !== null && filled.PidsLimit > 0 ? filled.PidsLimit : null,
    // Of Windows.
    CpuPercent: 0,
    IOMaximumIOps: 0,
    IOMaximumBandwidth: 0,
    ...confinement(filled, defaults),
  };
}

function cgroupnsMode({ Privileged }: CompletedHostConfig, defaults: HostDefaults): 'private' | 'host' {
  return Privileged ? defaults.privilegedCgroupnsMode : defaults.cgroupnsMode;
}

const isDefault = (mode: string): boolean => mode === '' || mode === 'default';

/** What the container may see and change of the host, and what it is told of labels. */
function confinement(
  filled: CompletedHostConfig,
  { maskedPaths }: HostDefaults,
): Pick<CompletedHostConfig, 'SecurityOpt' | 'MaskedPaths' | 'ReadonlyPaths' | 'leftOut'> {
  const { SecurityOpt, Privileged, leftOut } = filled;
  const isUnmasked = SecurityOpt.includes('systempaths=unconfined');
  const own = (field: 'MaskedPaths' | 'ReadonlyPaths', defaults: readonly string[]) =>
    !leftOut.includes(field) ? filled[field] : Privileged || isUnmasked ? [] : [...defaults];
  const security = securityOptions(filled);
  const isSaid = (field: string) =>
    field === 'SecurityOpt' ? security.length > 0 : field.endsWith('Paths') && !Privileged;
  return {
    SecurityOpt: security,
    MaskedPaths: own('MaskedPaths', maskedPaths),
    ReadonlyPaths: own('ReadonlyPaths', DEFAULT_READONLY_PATHS),
    leftOut: leftOut.filter(field => !isSaid(field)),
  };
}

/** Where the host's processes or memory are to be seen, labels are of no use, unless the request names some. */
function securityOptions({ SecurityOpt, IpcMode, PidMode, Privileged }: CompletedHostConfig): string[] {
  const isOpen = IpcMode.kind === 'host' || PidMode.kind === 'host' || Privileged;
  const isLabelled = SecurityOpt.some(option => option === 'label' || option.startsWith('label='));
  return isOpen && !isLabelled ? [...SecurityOpt, 'label=disable'] : SecurityOpt;
}

/** As Go has it: what is too much for 64 bits becomes negative, and so no limit. */
function twice(value: Int64): Int64 {
  return toInt64(BigInt.asIntN(64, 2n * BigInt(value)));
}

function logConfig(
  { Type, Config }: CompletedHostConfig['LogConfig'],
  { logDriver, logOptions }: HostDefaults,
): CompletedHostConfig['LogConfig'] {
  return Type === '' ? { Type: logDriver, Config: { ...logOptions, ...Config } } : { Type, Config };
}

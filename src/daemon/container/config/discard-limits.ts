import type { FilledResources } from '../../model/host-config.ts';
import type { LimitSupport } from '../spec/limit-support.ts';

type Rule = {
  isAsked: (resources: FilledResources) => boolean;
  isSupported: (support: LimitSupport) => boolean;
  warning: string;
  /** What stands instead. */
  instead: Partial<FilledResources>;
};

const NO_CGROUP = 'or the cgroup is not mounted';

const RULES: readonly Rule[] = [
  {
    isAsked: ({ Memory }) => Memory > 0,
    isSupported: ({ memory }) => memory,
    warning: `Your kernel does not support memory limit capabilities ${NO_CGROUP}. Limitation discarded.`,
    instead: { Memory: 0, MemorySwap: -1 },
  },
  {
    isAsked: ({ Memory, MemorySwap }) => Memory > 0 && MemorySwap !== -1,
    isSupported: ({ swap }) => swap,
    warning: `Your kernel does not support swap limit capabilities ${NO_CGROUP}. Memory limited without swap.`,
    instead: { MemorySwap: -1 },
  },
  {
    isAsked: ({ MemorySwappiness }) => MemorySwappiness !== null && MemorySwappiness !== -1,
    isSupported: ({ swappiness }) => swappiness,
    warning: `Your kernel does not support memory swappiness capabilities ${NO_CGROUP}. Memory swappiness discarded.`,
    instead: { MemorySwappiness: null },
  },
  {
    isAsked: ({ MemoryReservation }) => MemoryReservation > 0,
    isSupported: ({ memoryReservation }) => memoryReservation,
    warning: `Your kernel does not support memory soft limit capabilities ${NO_CGROUP}. Limitation discarded.`,
    instead: { MemoryReservation: 0 },
  },
  {
    isAsked: ({ OomKillDisable }) => OomKillDisable === true,
    isSupported: ({ oomKillDisable }) => oomKillDisable,
    warning: 'Your kernel does not support OomKillDisable. OomKillDisable discarded.',
    instead: { OomKillDisable: null },
  },
  {
    isAsked: ({ PidsLimit }) => PidsLimit !== null && PidsLimit > 0,
    isSupported: ({ pids }) => pids,
    warning: `Your kernel does not support PIDs limit capabilities ${NO_CGROUP}. PIDs limit discarded.`,
    instead: { PidsLimit: null },
  },
  {
    isAsked: ({ CpuShares }) => CpuShares > 0,
    isSupported: ({ cpuShares }) => cpuShares,
    warning: `Your kernel does not support CPU shares ${NO_CGROUP}. Shares discarded.`,
    instead: { CpuShares: 0 },
  },
  {
    isAsked: ({ CpuPeriod, CpuQuota }) => CpuPeriod !== 0 || CpuQuota !== 0,
    isSupported: ({ cpuQuota }) => cpuQuota,
    warning: 'Your kernel does not support CPU CFS scheduler. CPU period/quota discarded.',
    instead: { CpuPeriod: 0, CpuQuota: 0 },
  },
  {
    isAsked: ({ CpusetCpus, CpusetMems }) => CpusetCpus !== '' || CpusetMems !== '',
    isSupported: ({ cpuset }) => cpuset,
    warning: `Your kernel does not support cpuset ${NO_CGROUP}. Cpuset discarded.`,
    instead: { CpusetCpus: '', CpusetMems: '' },
  },
  {
    isAsked: ({ CpuPercent }) => CpuPercent > 0,
    isSupported: () => false,
    warning: 'linux does not support CPU percent. Percent discarded.',
    instead: { CpuPercent: 0 },
  },
  {
    isAsked: ({ BlkioWeight }) => BlkioWeight > 0,
    isSupported: ({ blkioWeight }) => blkioWeight,
    warning: `Your kernel does not support Block I/O weight ${NO_CGROUP}. Weight discarded.`,
    instead: { BlkioWeight: 0 },
  },
  {
    isAsked: ({ BlkioWeightDevice }) => BlkioWeightDevice.length > 0,
    isSupported: ({ blkioWeightDevice }) => blkioWeightDevice,
    warning: `Your kernel does not support Block I/O weight_device ${NO_CGROUP}. Weight-device discarded.`,
    instead: { BlkioWeightDevice: [] },
  },
  throttleRule('BlkioDeviceReadBps', 'BPS Block I/O read'),
  throttleRule('BlkioDeviceWriteBps', 'BPS Block I/O write'),
  throttleRule('BlkioDeviceReadIOps', 'IOPS Block I/O read'),
  throttleRule('BlkioDeviceWriteIOps', 'IOPS Block I/O write'),
];

/**
 * Leaves out the limits that the kernel cannot set.
 * @returns what stands, with a warning for each that does not, in Docker's words
 */
export function discardLimits<Limits extends FilledResources>(
  wanted: Limits,
  support: LimitSupport,
): { limits: Limits; warnings: string[] } {
  let limits = wanted;
  const warnings: string[] = [];
  for (const { isAsked, isSupported, warning, instead } of RULES) {
    if (!isAsked(limits) || isSupported(support)) continue;
    warnings.push(warning);
    limits = { ...limits, ...instead };
  }
  if (limits.OomKillDisable === true && !limits.Memory) {
    warnings.push(
      'OOM killer is disabled for the container, but no memory limit is set, this can result in the system running out of resources.',
    );
  }
  return { limits, warnings };
}

type ThrottleKey =
  | 'BlkioDeviceReadBps'
  | 'BlkioDeviceWriteBps'
  | 'BlkioDeviceReadIOps'
  | 'BlkioDeviceWriteIOps';

function throttleRule(key: ThrottleKey, what: string): Rule {
  return {
    isAsked: resources => resources[key].length > 0,
    isSupported: ({ blkioThrottle }) => blkioThrottle,
    warning: `Your kernel does not support ${what} limit ${NO_CGROUP}. ${what.replace(/^(BPS|IOPS) (Block I\/O)/, '$2 $1')} limit discarded.`,
    instead: { [key]: [] },
  };
}

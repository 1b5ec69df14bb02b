import type { Int64 } from '../../../base/int64.ts';
import type { Resources, ThrottleDevice } from '../../../oci/runtime-spec.ts';
import type { Limits } from '../../model/host-config.ts';
import type { DeviceSource } from './host-devices.ts';

const DEFAULT_PERIOD_US = 100_000;
const NANO = 1e9;

type MemoryLimits = Pick<
  Limits,
  'Memory' | 'MemoryReservation' | 'MemorySwap' | 'MemorySwappiness' | 'OomKillDisable' | 'KernelMemoryTCP'
>;
type CpuLimits = Pick<
  Limits,
  | 'CpuShares'
  | 'NanoCpus'
  | 'CpusetCpus'
  | 'CpusetMems'
  | 'CpuPeriod'
  | 'CpuQuota'
  | 'CpuRealtimePeriod'
  | 'CpuRealtimeRuntime'
>;
type BlockIoLimits = Pick<
  Limits,
  | 'BlkioWeight'
  | 'BlkioWeightDevice'
  | 'BlkioDeviceReadBps'
  | 'BlkioDeviceWriteBps'
  | 'BlkioDeviceReadIOps'
  | 'BlkioDeviceWriteIOps'
>;
type Handled = MemoryLimits & CpuLimits & BlockIoLimits & Pick<Limits, 'PidsLimit'>;
/** All limits: one that is added, and that nothing here takes, fails to compile where limits are handed over. */
type AllLimits = Handled & Record<Exclude<keyof Limits, keyof Handled>, never>;

/**
 * Docker's limits as a runtime spec's, without its device rules: for a new container and for `update`. Zero
 * means nothing asked, but for pids, where it means no limit.
 * @throws EngineError invalid-parameter, also for a block device that is not there
 */
export function specResources(limits: AllLimits, devices: DeviceSource): Resources {
  const { PidsLimit } = limits;
  return {
    ...specLimits(limits),
    pids: PidsLimit === null ? undefined : { limit: PidsLimit > 0 ? PidsLimit : -1 },
    blockIO: blockIo(limits, devices),
  };
}

/** What `more` has besides, or in place of what is there. */
export function mergeResources(resources: Resources, more: Resources = {}): Resources {
  const cpu = { ...resources.cpu, ...more.cpu };
  return {
    ...resources,
    ...(Object.keys(cpu).length > 0 ? { cpu } : {}),
    ...(more.unified ? { unified: more.unified } : {}),
    ...(more.hugepageLimits ? { hugepageLimits: more.hugepageLimits } : {}),
  };
}

/** Those of CPU and memory alone, for which no device is looked up. */
export function specLimits(limits: MemoryLimits & CpuLimits): Pick<Resources, 'cpu' | 'memory'> {
  return { memory: memory(limits), cpu: cpu(limits) };
}

const positive = (value: Int64) => (value > 0 ? value : undefined);

function memory(limits: MemoryLimits): Resources['memory'] {
  const { MemorySwappiness: swappiness } = limits;
  return compact({
    limit: positive(limits.Memory),
    reservation: positive(limits.MemoryReservation),
    swap: positive(limits.MemorySwap),
    swappiness: swappiness === null || swappiness < 0 ? undefined : Number(swappiness),
    disableOOMKiller: limits.OomKillDisable === null ? undefined : limits.OomKillDisable,
    kernelTCP: limits.KernelMemoryTCP || undefined,
  });
}

function cpu(limits: CpuLimits): Resources['cpu'] {
  const { NanoCpus: nano } = limits;
  const share = { period: DEFAULT_PERIOD_US, quota: Math.trunc((Number(nano) * DEFAULT_PERIOD_US) / NANO) };
  const { period, quota } = nano > 0 ? share : { period: undefined, quota: undefined };
  return compact({
    shares: limits.CpuShares || undefined,
    cpus: limits.CpusetCpus || undefined,
    mems: limits.CpusetMems || undefined,
    period: limits.CpuPeriod || period,
    quota: limits.CpuQuota || quota,
    realtimePeriod: limits.CpuRealtimePeriod || undefined,
    realtimeRuntime: limits.CpuRealtimeRuntime || undefined,
  });
}

function blockIo(limits: BlockIoLimits, devices: DeviceSource): Resources['blockIO'] {
  const numbers = (path = '') => devices.numbers(path);
  const throttle = (list: BlockIoLimits['BlkioDeviceReadBps']): ThrottleDevice[] | undefined =>
    list.length > 0 ? list.map(({ Path, Rate = 0 }) => ({ ...numbers(Path), rate: Rate })) : undefined;
  return compact({
    weight: limits.BlkioWeight || undefined,
    weightDevice:
      limits.BlkioWeightDevice.length > 0
        ? limits.BlkioWeightDevice.map(({ Path, Weight }) => ({ ...numbers(Path), weight: Weight }))
        : undefined,
    throttleReadBpsDevice: throttle(limits.BlkioDeviceReadBps),
    throttleWriteBpsDevice: throttle(limits.BlkioDeviceWriteBps),
    throttleReadIOPSDevice: throttle(limits.BlkioDeviceReadIOps),
    throttleWriteIOPSDevice: throttle(limits.BlkioDeviceWriteIOps),
  });
}

/** Without the undefined fields; undefined when none is left. */
function compact<T extends object>(value: T): T | undefined {
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return entries.length > 0 ? (Object.fromEntries(entries) as T) : undefined;
}

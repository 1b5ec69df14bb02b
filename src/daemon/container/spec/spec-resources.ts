import type { Int64 } from '../../../base/int64.ts';
import type { Resources as ApiResources } from '../../../api/types.ts';
import type { Resources, ThrottleDevice } from '../../../oci/runtime-spec.ts';
import type { DeviceSource } from './host-devices.ts';

const DEFAULT_PERIOD_US = 100_000;
const NANO = 1e9;

/**
 * Docker's limits as a runtime spec's, without its device rules: for a new container and for `update`. Zero
 * means nothing asked, but for pids, where it means no limit.
 * @throws EngineError invalid-parameter, also for a block device that is not there
 */
export function specResources(resources: ApiResources, devices: DeviceSource): Resources {
  return {
    memory: memory(resources),
    cpu: cpu(resources),
    pids:
      resources.PidsLimit === undefined || resources.PidsLimit === null
        ? undefined
        : { limit: resources.PidsLimit > 0 ? resources.PidsLimit : -1 },
    blockIO: blockIo(resources, devices),
  };
}

/** Those of CPU and memory alone, for which no device is looked up. */
export function specLimits(resources: ApiResources): Pick<Resources, 'cpu' | 'memory'> {
  return { cpu: cpu(resources), memory: memory(resources) };
}

/** undefined for 0, null and undefined. */
const given = <T>(value: T | null | undefined) => value || undefined;

function memory(resources: ApiResources): Resources['memory'] {
  const { MemorySwappiness: swappiness } = resources;
  const positive = (value: Int64 | undefined) => (value !== undefined && value > 0 ? value : undefined);
  return compact({
    limit: positive(resources.Memory),
    reservation: positive(resources.MemoryReservation),
    swap: positive(resources.MemorySwap),
    swappiness: (swappiness ?? -1) < 0 ? undefined : Number(swappiness),
    disableOOMKiller: resources.OomKillDisable ?? undefined,
    kernelTCP: given(resources.KernelMemoryTCP),
  });
}

function cpu(resources: ApiResources): Resources['cpu'] {
  const { CpuShares: shares = 0, NanoCpus: nano = 0 } = resources;
  return compact({
    shares: given(shares),
    cpus: resources.CpusetCpus || undefined,
    mems: resources.CpusetMems || undefined,
    period: given(resources.CpuPeriod) ?? (nano > 0 ? DEFAULT_PERIOD_US : undefined),
    quota:
      given(resources.CpuQuota) ??
      (nano > 0 ? Math.trunc((Number(nano) * DEFAULT_PERIOD_US) / NANO) : undefined),
    realtimePeriod: given(resources.CpuRealtimePeriod),
    realtimeRuntime: given(resources.CpuRealtimeRuntime),
  });
}

function blockIo(resources: ApiResources, devices: DeviceSource): Resources['blockIO'] {
  const numbers = (path = '') => devices.numbers(path);
  const throttle = (list: ApiResources['BlkioDeviceReadBps']): ThrottleDevice[] | undefined =>
    list?.length ? list.map(({ Path, Rate = 0 }) => ({ ...numbers(Path), rate: Rate })) : undefined;
  return compact({
    weight: given(resources.BlkioWeight),
    weightDevice: resources.BlkioWeightDevice?.length
      ? resources.BlkioWeightDevice.map(({ Path, Weight }) => ({ ...numbers(Path), weight: Weight }))
      : undefined,
    throttleReadBpsDevice: throttle(resources.BlkioDeviceReadBps),
    throttleWriteBpsDevice: throttle(resources.BlkioDeviceWriteBps),
    throttleReadIOPSDevice: throttle(resources.BlkioDeviceReadIOps),
    throttleWriteIOPSDevice: throttle(resources.BlkioDeviceWriteIOps),
  });
}

/** Without the undefined fields; undefined when none is left. */
function compact<T extends object>(value: T): T | undefined {
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return entries.length > 0 ? (Object.fromEntries(entries) as T) : undefined;
}

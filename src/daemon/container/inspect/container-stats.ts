import { totalmem } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { CgroupStats } from '../../../execdriver/driver.ts';
import type { SlipwayStats } from '../../../api/stats.ts';
import { ZERO_TIME } from '../../model/clock.ts';
import type { Container } from '../../model/container.ts';
import type { Daemon } from '../daemon.ts';
import { governanceOf } from '../config/governance-annotations.ts';
import { readUsage, cpuPercent, type UsageReading } from './usage-reading.ts';

const INTERVAL_MS = 1000;

export type StatsOptions = { stream: boolean; oneShot: boolean };

/**
 * `docker stats`: a line each second, until the container is removed or `signal` is aborted; or one line, after
 * two readings a second apart (with `oneShot`: after one).
 */
export async function* containerStats(
  daemon: Daemon,
  container: Container,
  options: StatsOptions,
  signal: AbortSignal,
): AsyncGenerator<unknown, void, undefined> {
  const over = AbortSignal.any([signal, daemon.closing]);
  let previous: UsageReading | undefined;
  if (!options.stream && !options.oneShot) {
    previous = await readUsage(container);
    if (previous !== undefined) await pause(over);
  }
  while (!over.aborted && !container.isRemoved) {
    const reading = await readUsage(container);
    yield { ...describe(container, reading, previous), ...slipwayPart(daemon, container, reading, previous) };
    if (!options.stream) return;
    previous = reading;
    await pause(over);
  }
}

async function pause(signal: AbortSignal): Promise<void> {
  await delay(INTERVAL_MS, undefined, { signal }).catch(() => undefined);
}

function describe(
  container: Container,
  reading: UsageReading | undefined,
  previous: UsageReading | undefined,
): object {
  return {
    name: `/${container.name}`,
    id: container.id,
    read: reading?.at ?? ZERO_TIME,
    preread: previous?.at ?? ZERO_TIME,
    pids_stats: reading === undefined ? {} : pidsStats(reading.cgroup),
    blkio_stats: blkioStats(reading?.cgroup),
    num_procs: 0,
    storage_stats: {},
    cpu_stats: cpuStats(reading),
    precpu_stats: cpuStats(previous),
    memory_stats: reading === undefined ? {} : memoryStats(reading.cgroup),
    ...(reading?.networks === undefined ? {} : { networks: reading.networks }),
  };
}

function pidsStats({ pids }: CgroupStats): object {
  return { current: pids.current, ...(pids.limit > 0 ? { limit: pids.limit } : {}) };
}

function blkioStats(cgroup: CgroupStats | undefined): object {
  const entries = (value: 'bytes' | 'operations'): object[] | null => {
    if (cgroup === undefined) return null;
    return cgroup.blkio.map(({ major, minor, op, ...counts }) => ({
      major,
      minor,
      op: cgroup.cgroupVersion === 2 ? op.toLowerCase() : op,
      value: counts[value],
    }));
  };
  const nothing = cgroup?.cgroupVersion === 1 ? [] : null;
  return {
    io_service_bytes_recursive: entries('bytes'),
    io_serviced_recursive: entries('operations'),
    io_queue_recursive: nothing,
    io_service_time_recursive: nothing,
    io_wait_time_recursive: nothing,
    io_merged_recursive: nothing,
    io_time_recursive: nothing,
    sectors_recursive: nothing,
  };
}

type CpuTimes = Pick<
  CgroupStats['cpu'],
  'usageNs' | 'systemNs' | 'userNs' | 'perCpuNs' | 'periods' | 'throttledPeriods' | 'throttledNs'
>;

/** The times of a container that does not run. */
const NO_CPU_TIMES: CpuTimes = {
  usageNs: 0n,
  systemNs: 0n,
  userNs: 0n,
  periods: 0,
  throttledPeriods: 0,
  throttledNs: 0n,
};

function cpuStats(reading: UsageReading | undefined): object {
  const cpu = reading === undefined ? NO_CPU_TIMES : reading.cgroup.cpu;
  return {
    cpu_usage: {
      total_usage: Number(cpu.usageNs),
      ...(cpu.perCpuNs ? { percpu_usage: cpu.perCpuNs.map(Number) } : {}),
      usage_in_kernelmode: Number(cpu.systemNs),
      usage_in_usermode: Number(cpu.userNs),
    },
    ...(reading === undefined
      ? {}
      : { system_cpu_usage: reading.machine.usedNs, online_cpus: reading.machine.online }),
    throttling_data: {
      periods: cpu.periods,
      throttled_periods: cpu.throttledPeriods,
      throttled_time: Number(cpu.throttledNs),
    },
  };
}

function memoryStats({ memory, cgroupVersion }: CgroupStats): object {
  return {
    usage: memory.usageBytes,
    ...(cgroupVersion === 1 ? { max_usage: memory.maxUsageBytes } : {}),
    stats: memory.stat,
    ...(memory.failures > 0 ? { failcnt: memory.failures } : {}),
    // Without a limit of its own, the machine is it.
    limit: memory.limitBytes > 0 ? Math.min(memory.limitBytes, totalmem()) : totalmem(),
  };
}

/** What Docker's stats have no place for. */
function slipwayPart(
  daemon: Daemon,
  container: Container,
  reading: UsageReading | undefined,
  previous: UsageReading | undefined,
): { slipway?: SlipwayStats } {
  if (reading === undefined) return {};
  const { runtime, filesRefused } = container;
  return {
    slipway: {
      ...slipwayStats(reading, previous),
      sysctl_reports: Number(daemon.sysctls.count(runtime?.cgroupPaths.unified)),
      files_limit: governanceOf(container.record.hostConfig).filesLimit || null,
      files_refused: filesRefused,
    },
  };
}

function slipwayStats(
  reading: UsageReading,
  previous: UsageReading | undefined,
): Omit<SlipwayStats, 'sysctl_reports' | 'files_limit' | 'files_refused'> {
  const { cgroup, openFiles } = reading;
  const { cpu, memory } = cgroup;
  return {
    cpu_percent: cpuPercent(reading, previous) ?? null,
    cpu_burst: { periods: cpu.burstPeriods, time: Number(cpu.burstNs) },
    memory_swap: memory.swapBytes,
    oom_kills: memory.oomKills,
    pressure: cgroup.pressure,
    processes: openFiles.processes,
    open_files: openFiles.descriptors,
  };
}

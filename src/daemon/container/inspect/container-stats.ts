import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { CgroupStats } from '../../../execdriver/driver.ts';
import { currentTime, ZERO_TIME } from '../../model/clock.ts';
import type { Container } from '../../model/container.ts';
import type { Daemon } from '../daemon.ts';
import { readInterfaces } from './read-interfaces.ts';

const INTERVAL_MS = 1000;
const NS_PER_TICK = 10_000_000;

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
  let previous: Reading | undefined;
  if (!options.stream && !options.oneShot) {
    previous = await read(container);
    if (previous !== undefined) await pause(over);
  }
  while (!over.aborted && !container.isRemoved) {
    const reading = await read(container);
    yield describe(container, reading, previous);
    if (!options.stream) return;
    previous = reading;
    await pause(over);
  }
}

async function pause(signal: AbortSignal): Promise<void> {
  await delay(INTERVAL_MS, undefined, { signal }).catch(() => undefined);
}

type Reading = { at: string; cgroup: CgroupStats; systemNs: number; networks: object | undefined };

/** Undefined when it does not run. */
async function read(container: Container): Promise<Reading | undefined> {
  const { runtime, state } = container;
  if (runtime === undefined) return undefined;
  try {
    const cgroup = await runtime.stats();
    const networks = state.endpoints.length > 0 ? readInterfaces(state.pid) : undefined;
    return { at: currentTime(), cgroup, systemNs: systemNs(), networks };
  } catch {
    return undefined;
  }
}

/** Processor time of the whole machine: the first line of /proc/stat, without guests (proc_stat(5)). */
function systemNs(): number {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n', 1);
  const ticks = line.trim().split(/\s+/).slice(1, 8).map(Number);
  return ticks.reduce((sum, value) => sum + value, 0) * NS_PER_TICK;
}

function describe(
  container: Container,
  reading: Reading | undefined,
  previous: Reading | undefined,
): unknown {
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
  const entries = (value: 'bytes' | 'operations'): object[] | null =>
    cgroup?.blkio.map(({ major, minor, op, ...counts }) => ({
      major,
      minor,
      op: cgroup.cgroupVersion === 2 ? op.toLowerCase() : op,
      value: counts[value],
    })) ?? null;
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

function cpuStats(reading: Reading | undefined): object {
  const cpu = reading?.cgroup.cpu;
  return {
    cpu_usage: {
      total_usage: Number(cpu?.usageNs ?? 0),
      ...(cpu?.perCpuNs ? { percpu_usage: cpu.perCpuNs.map(Number) } : {}),
      usage_in_kernelmode: Number(cpu?.systemNs ?? 0),
      usage_in_usermode: Number(cpu?.userNs ?? 0),
    },
    ...(reading === undefined
      ? {}
      : { system_cpu_usage: reading.systemNs, online_cpus: availableParallelism() }),
    throttling_data: {
      periods: cpu?.periods ?? 0,
      throttled_periods: cpu?.throttledPeriods ?? 0,
      throttled_time: Number(cpu?.throttledNs ?? 0),
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

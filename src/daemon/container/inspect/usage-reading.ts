import { parseProcStat } from '../../../kernel/proc-stat.ts';
import { readFileSync } from 'node:fs';
import type { CgroupStats } from '../../../execdriver/driver.ts';
import type { OpenFiles } from '../../../cgroups/count-open-files.ts';
import { currentTime } from '../../model/clock.ts';
import type { Container } from '../../model/container.ts';
import { hasInterface } from '../../network/networks.ts';
import { type InterfaceCounters, readInterfaces } from './read-interfaces.ts';

const NS_PER_TICK = 10_000_000;
/** As long as a tick, in which the counters are. */
const SHARED_MS = 10;

/** What a running container has used, all read at one time. */
export type UsageReading = {
  at: string;
  /** The monotonic clock's time, read right after the CPU counter. */
  clockNs: bigint;
  cgroup: CgroupStats;
  machine: MachineCpu;
  /** By interface; undefined where the container has no network of its own. */
  networks: Record<string, InterfaceCounters> | undefined;
  openFiles: OpenFiles;
};

/** Processor time of the whole machine, and how many processors are online. */
export type MachineCpu = { usedNs: number; online: number };

/** Undefined when it does not run, or ends meanwhile. */
export async function readUsage(container: Container): Promise<UsageReading | undefined> {
  const { runtime, state } = container;
  if (runtime === undefined) return undefined;
  try {
    const cgroup = await runtime.stats();
    const clockNs = process.hrtime.bigint();
    const networks = state.endpoints.some(hasInterface) ? readInterfaces(state.pid) : undefined;
    const openFiles = await runtime.openFiles();
    return { at: currentTime(), clockNs, cgroup, machine: readMachineCpu(), networks, openFiles };
  } catch {
    return undefined;
  }
}

let latest: MachineCpu & { at: number } = { usedNs: 0, online: 1, at: Number.NEGATIVE_INFINITY };

/** The file takes the kernel longer than all of a container's: those that are read in one go share it, as dockerd's do. */
function readMachineCpu(): MachineCpu {
  const at = performance.now();
  if (at - latest.at > SHARED_MS) latest = { ...parseMachineCpu(readFileSync('/proc/stat', 'utf8')), at };
  return { usedNs: latest.usedNs, online: latest.online };
}

/** What is stolen from a virtual machine is not used by it. */
export function parseMachineCpu(text: string): MachineCpu {
  const { user, nice, system, idle, iowait, irq, softirq, cpus } = parseProcStat(text);
  const ticks = user + nice + system + idle + iowait + irq + softirq;
  return { usedNs: ticks * NS_PER_TICK, online: cpus };
}

/**
 * How many percent of one CPU were used between two readings of the same run: from the cgroup's counter and the clock,
 * so that neither offline CPUs nor what else runs on the machine changes it. Undefined without an earlier reading.
 */
export function cpuPercent(now: UsageReading, before: UsageReading | undefined): number | undefined {
  if (before === undefined) return undefined;
  const used = now.cgroup.cpu.usageNs - before.cgroup.cpu.usageNs;
  const passed = now.clockNs - before.clockNs;
  return used < 0n || passed <= 0n ? undefined : (Number(used) / Number(passed)) * 100;
}

import type { CgroupPaths } from './cgroup-paths.ts';
import { type CgroupStats, parseKeyValues, parseNumber, parsePressure } from './cgroup-stats.ts';
import type { ReadFile } from './layout.ts';
import { blkioStatsV1, cpuStatsV1, memoryStatsV1 } from './stats-v1.ts';
import { cpuStatsV2, ioStatsV2, memoryStatsV2 } from './stats-v2.ts';

/**
 * All counters of one cgroup, each from the hierarchy that its controller is in. What cannot be read counts as 0.
 * @param readLimit for what hardly ever changes
 */
export function readCgroupStats(
  { v1, unified }: CgroupPaths,
  read: ReadFile,
  readLimit: ReadFile = read,
): CgroupStats {
  const v2 = unified ?? '';
  return {
    cpu: readCpuStats({ v1, unified }, read),
    memory: v1.memory ? memoryStatsV1(v1.memory, read, readLimit) : memoryStatsV2(v2, read, readLimit),
    pids: {
      current: parseNumber(read(`${v1.pids ?? v2}/pids.current`), 0),
      limit: parseNumber(readLimit(`${v1.pids ?? v2}/pids.max`), 0),
    },
    blkio: v1.blkio ? blkioStatsV1(v1.blkio, read) : ioStatsV2(v2, read),
    pressure: readPressures({ unified }, read),
    cgroupVersion: v1.memory ? 1 : 2,
  };
}

/** The CPU time that one cgroup has used, in ns; 0 when it is gone. */
export function readCpuUsage({ v1, unified }: CgroupPaths, read: ReadFile): bigint {
  return v1.cpuacct === undefined
    ? cpuStatsV2(unified ?? '', read).usageNs
    : BigInt(read(`${v1.cpuacct}/cpuacct.usage`)?.trim() || '0');
}

/** Beside v1, user and system time are those of the v2 cgroup, which add up. */
function readCpuStats(
  { v1, unified }: Pick<CgroupPaths, 'v1' | 'unified'>,
  read: ReadFile,
): CgroupStats['cpu'] {
  const v2 = unified === undefined ? undefined : cpuStatsV2(unified, read);
  if (v1.cpuacct === undefined) return v2 ?? cpuStatsV2('', read);
  const isCounted = v2 !== undefined && v2.usageNs > 0n;
  return cpuStatsV1({ cpuacct: v1.cpuacct, cpu: v1.cpu }, read, isCounted ? v2 : undefined);
}

/** Only v2 cgroups have them, also beside the controllers of v1. */
export function readPressures(
  { unified }: Pick<CgroupPaths, 'unified'>,
  read: ReadFile,
): CgroupStats['pressure'] {
  if (unified === undefined) return {};
  return {
    cpu: parsePressure(read(`${unified}/cpu.pressure`)),
    memory: parsePressure(read(`${unified}/memory.pressure`)),
    io: parsePressure(read(`${unified}/io.pressure`)),
  };
}

/** How many processes of a cgroup the kernel has killed for want of memory. */
export function readOomKills({ v1, unified }: CgroupPaths, read: ReadFile): number {
  const file = v1.memory ? `${v1.memory}/memory.oom_control` : `${unified}/memory.events`;
  return parseKeyValues(read(file)).oom_kill ?? 0;
}

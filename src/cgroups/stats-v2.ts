import { type CgroupStats, parseKeyValues, parseNumber } from './cgroup-stats.ts';
import type { ReadFile } from './layout.ts';

const NS_PER_US = 1000n;

export function cpuStatsV2(directory: string, read: ReadFile): CgroupStats['cpu'] {
  const stat = parseKeyValues(read(`${directory}/cpu.stat`));
  const nanoseconds = (name: string) => BigInt(stat[name] ?? 0) * NS_PER_US;
  return {
    usageNs: nanoseconds('usage_usec'),
    userNs: nanoseconds('user_usec'),
    systemNs: nanoseconds('system_usec'),
    periods: stat.nr_periods ?? 0,
    throttledPeriods: stat.nr_throttled ?? 0,
    throttledNs: nanoseconds('throttled_usec'),
    burstPeriods: stat.nr_bursts ?? 0,
    burstNs: nanoseconds('burst_usec'),
  };
}

export function memoryStatsV2(
  directory: string,
  read: ReadFile,
  readLimit: ReadFile = read,
): CgroupStats['memory'] {
  const value = (name: string) => parseNumber(read(`${directory}/memory.${name}`), 0);
  const events = parseKeyValues(read(`${directory}/memory.events`));
  return {
    usageBytes: value('current'),
    maxUsageBytes: value('peak'),
    limitBytes: parseNumber(readLimit(`${directory}/memory.max`), Number.POSITIVE_INFINITY),
    failures: events.max ?? 0,
    stat: parseKeyValues(read(`${directory}/memory.stat`)),
    swapBytes: value('swap.current'),
    oomKills: events.oom_kill ?? 0,
  };
}

/** Lines of io.stat: `8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0`. */
export function ioStatsV2(directory: string, read: ReadFile): CgroupStats['blkio'] {
  return (read(`${directory}/io.stat`) ?? '').split('\n').flatMap(line => {
    const [device = '', ...fields] = line.trim().split(' ');
    const [major, minor] = device.split(':').map(Number);
    if (major === undefined || minor === undefined || fields.length === 0) return [];
    const values = new Map(fields.map(field => field.split('=') as [string, string]));
    const value = (name: string) => Number(values.get(name) ?? 0);
    return [
      { major, minor, op: 'Read' as const, bytes: value('rbytes'), operations: value('rios') },
      { major, minor, op: 'Write' as const, bytes: value('wbytes'), operations: value('wios') },
    ];
  });
}

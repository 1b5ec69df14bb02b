import { type CgroupStats, parseKeyValues, parseNumber } from './cgroup-stats.ts';
import type { ReadFile } from './layout.ts';

/** v1 has no word for unlimited, but the largest multiple of a page: anything beyond 2^60 is that. */
const UNLIMITED_BYTES = 2 ** 60;

/** User and system time, in ns. */
export type CpuModes = Pick<CgroupStats['cpu'], 'userNs' | 'systemNs'>;

/**
 * `cpu` of {@link CgroupStats} from the directories of the v1 cpuacct and cpu controllers.
 * @param modes from elsewhere: what cpuacct says of them is counted in ticks, and does not add up to the usage
 */
export function cpuStatsV1(
  { cpuacct, cpu }: { cpuacct: string; cpu: string | undefined },
  read: ReadFile,
  modes?: CpuModes,
): CgroupStats['cpu'] {
  const total = (file: string) => BigInt(read(`${cpuacct}/${file}`)?.trim() || '0');
  const throttling = parseKeyValues(cpu && read(`${cpu}/cpu.stat`));
  const perCpuNs = parsePerCpu(read(`${cpuacct}/cpuacct.usage_percpu`) ?? '');
  return {
    // `cpuacct.usage` is that sum, and one more file to read.
    usageNs: perCpuNs.length === 0 ? total('cpuacct.usage') : perCpuNs.reduce((sum, ns) => sum + ns),
    ...pickModes(modes ?? { userNs: total('cpuacct.usage_user'), systemNs: total('cpuacct.usage_sys') }),
    perCpuNs,
    periods: throttling.nr_periods ?? 0,
    throttledPeriods: throttling.nr_throttled ?? 0,
    throttledNs: BigInt(throttling.throttled_time ?? 0),
    burstPeriods: throttling.nr_bursts ?? 0,
    burstNs: BigInt(throttling.burst_time ?? 0),
  };
}

const pickModes = ({ userNs, systemNs }: CpuModes): CpuModes => ({ userNs, systemNs });

function parsePerCpu(text: string): bigint[] {
  return text.trim().split(/\s+/).filter(Boolean).map(BigInt);
}

export function memoryStatsV1(
  directory: string,
  read: ReadFile,
  readLimit: ReadFile = read,
): CgroupStats['memory'] {
  const value = (name: string) => parseNumber(read(`${directory}/memory.${name}`), 0);
  const limitBytes = parseNumber(readLimit(`${directory}/memory.limit_in_bytes`), 0);
  const stat = parseKeyValues(read(`${directory}/memory.stat`));
  return {
    usageBytes: value('usage_in_bytes'),
    maxUsageBytes: value('max_usage_in_bytes'),
    limitBytes: limitBytes > UNLIMITED_BYTES ? Number.POSITIVE_INFINITY : limitBytes,
    failures: value('failcnt'),
    stat,
    swapBytes: stat.total_swap ?? stat.swap ?? 0,
    oomKills: parseKeyValues(read(`${directory}/memory.oom_control`)).oom_kill ?? 0,
  };
}

/** The throttling layer counts all I/O; where it counts nothing, BFQ's own numbers may. */
export function blkioStatsV1(directory: string, read: ReadFile): CgroupStats['blkio'] {
  for (const layer of ['throttle', 'bfq']) {
    const bytes = parseTable(read(`${directory}/blkio.${layer}.io_service_bytes_recursive`));
    if (bytes.size === 0) continue;
    const operations = parseTable(read(`${directory}/blkio.${layer}.io_serviced_recursive`));
    return [...bytes].map(([key, value]) => {
      const [device, op] = key.split(' ') as [string, 'Read' | 'Write'];
      const [major, minor] = device.split(':').map(Number) as [number, number];
      return { major, minor, op, bytes: value, operations: operations.get(key) ?? 0 };
    });
  }
  return [];
}

/** Lines `8:0 Read 123`; other operations and the sums are left out. */
function parseTable(text: string | undefined): Map<string, number> {
  const entries = [...(text ?? '').matchAll(/^(\d+:\d+ (?:Read|Write)) (\d+)$/gm)];
  return new Map(entries.map(([, key, value]) => [key!, Number(value)]));
}

/** Counters of one cgroup, as the kernel has them. */
export type CgroupStats = {
  cpu: {
    usageNs: bigint;
    userNs: bigint;
    systemNs: bigint;
    /** v1 only. */
    perCpuNs?: bigint[];
    periods: number;
    throttledPeriods: number;
    throttledNs: bigint;
    /** Periods in which saved up time was used (`cpu.max.burst`), and how much of it. */
    burstPeriods: number;
    burstNs: bigint;
  };
  memory: {
    usageBytes: number;
    maxUsageBytes: number;
    /** Infinity without a limit. */
    limitBytes: number;
    /** How often the limit was hit. */
    failures: number;
    /** memory.stat as it is. */
    stat: Record<string, number>;
    /** Swap alone; 0 without swap accounting. */
    swapBytes: number;
    /** Processes killed for want of memory. */
    oomKills: number;
  };
  /** `limit` is 0 when there is none. */
  pids: { current: number; limit: number };
  blkio: { major: number; minor: number; op: 'Read' | 'Write'; bytes: number; operations: number }[];
  /** From v2 cgroups, also beside v1; absent on kernels without it. */
  pressure: { cpu?: Pressure; memory?: Pressure; io?: Pressure };
  /** The version whose field names `memory.stat` uses. */
  cgroupVersion: 1 | 2;
};

/** Pressure stall information (Documentation/accounting/psi.rst), of v2 cgroups: shares in percent, total in µs. */
export type Pressure = Record<'some' | 'full', Record<'avg10' | 'avg60' | 'avg300' | 'total', number>>;

const PRESSURE_LINE = /^(some|full) avg10=([\d.]+) avg60=([\d.]+) avg300=([\d.]+) total=(\d+)$/gm;

/** undefined for a missing file. */
export function parsePressure(text: string | undefined): Pressure | undefined {
  if (!text) return undefined;
  const pressure: Partial<Pressure> = {};
  for (const [, kind, avg10, avg60, avg300, total] of text.matchAll(PRESSURE_LINE))
    pressure[kind as keyof Pressure] = {
      avg10: Number(avg10),
      avg60: Number(avg60),
      avg300: Number(avg300),
      total: Number(total),
    };
  return pressure as Pressure;
}

/** `key value` lines. */
export function parseKeyValues(text: string | undefined): Record<string, number> {
  const entries: Record<string, number> = {};
  for (const line of (text ?? '').split('\n')) {
    const space = line.indexOf(' ');
    if (space > 0) entries[line.slice(0, space)] = Number(line.slice(space + 1));
  }
  return entries;
}

/** A file of one number; `missing` for a missing file and for `max`. */
export function parseNumber(text: string | undefined, missing: number): number {
  const trimmed = text?.trim();
  return trimmed === undefined || trimmed === '' || trimmed === 'max' ? missing : Number(trimmed);
}

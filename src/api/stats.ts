/** What Slipway adds to Docker's `GET /containers/{id}/stats`, in its field `slipway`. */
export type SlipwayStats = {
  /** Percent of one CPU since the reading before; null where there is none. */
  cpu_percent: number | null;
  /** Periods in which saved up time was spent, and how much, in ns. */
  cpu_burst: { periods: number; time: number };
  memory_swap: number;
  /** Writes to sysctls that a guard has refused or told of. */
  sysctl_reports: number;
  /** Processes that the kernel has killed for want of memory. */
  oom_kills: number;
  /** Pressure of cgroup v2, in percent and µs; what the kernel does not measure is absent. */
  pressure: { cpu?: PressureStats; memory?: PressureStats; io?: PressureStats };
  processes: number;
  /** Descriptors of all processes together. */
  open_files: number;
  /** What they may be, all together; null without a limit. */
  files_limit: number | null;
  /** Calls that have been refused for that limit. */
  files_refused: number;
};

export type PressureStats = Record<'some' | 'full', Record<'avg10' | 'avg60' | 'avg300' | 'total', number>>;

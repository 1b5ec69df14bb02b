/** proc_stat(5): processor time by what it went to, of all CPUs together and in ticks, and how many CPUs are online. */
export type ProcStat = {
  user: number;
  nice: number;
  system: number;
  idle: number;
  iowait: number;
  irq: number;
  softirq: number;
  steal: number;
  cpus: number;
};

/** The columns after these, for guests, are in the first two already. CPUs that are offline have no line. */
export function parseProcStat(text: string): ProcStat {
  const [line = ''] = text.split('\n', 1);
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = line
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  const cpus = Math.max(1, [...text.matchAll(/^cpu\d+ /gm)].length);
  return { user, nice, system, idle, iowait, irq, softirq, steal, cpus };
}

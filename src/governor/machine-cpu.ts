import type { ProcStat } from '../kernel/proc-stat.ts';

/** How many cores were busy between two readings. */
export function busyCores(before: ProcStat, now: ProcStat): number {
  const [first, last] = [ticksOf(before), ticksOf(now)];
  const passed = last.total - first.total;
  return passed <= 0 ? 0 : ((last.busy - first.busy) / passed) * now.cpus;
}

function ticksOf({ user, nice, system, idle, iowait, irq, softirq, steal }: ProcStat) {
  const busy = user + nice + system + irq + softirq + steal;
  return { busy, total: busy + idle + iowait };
}

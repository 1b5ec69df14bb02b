/** Time of all online CPUs together, in ticks (proc_stat(5)). */
export type MachineTicks = { busy: number; total: number; cores: number };

export function parseMachineTicks(text: string): MachineTicks {
  const [line = ''] = text.split('\n', 1);
  // user nice system idle iowait irq softirq steal; guests are in user time already.
  const ticks = line.trim().split(/\s+/).slice(1, 9).map(Number);
  const total = ticks.reduce((sum, value) => sum + value, 0);
  const idle = (ticks[3] ?? 0) + (ticks[4] ?? 0);
  return { busy: total - idle, total, cores: text.match(/^cpu\d+ /gm)?.length ?? 1 };
}

/** How many cores were busy between two readings. */
export function busyCores(before: MachineTicks, now: MachineTicks): number {
  const passed = now.total - before.total;
  return passed <= 0 ? 0 : ((now.busy - before.busy) / passed) * now.cores;
}

import { setTimeout as delay } from 'node:timers/promises';
import { EngineError } from '../../base/errors.ts';
import { Cgroup } from '../../cgroups/cgroup.ts';
import type { Command } from '../command.ts';
import { type ContainerRecord, readRecord, statusOf } from '../container-record.ts';
import { eventStats } from '../event-stats.ts';
import { flagSet, flagText } from '../flags.ts';
import { print } from '../print.ts';

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const OOM_POLL_MS = 100;

export const events: Command = {
  usage: '<container-id>',
  summary: 'display container events such as OOM notifications, cpu, memory, and IO usage statistics',
  flags: {
    interval: { type: 'string', usage: 'set the stats collection interval (default: 5s)' },
    stats: { type: 'boolean', usage: "display the container's stats then exit" },
  },
  args: { min: 1 },
  async run({ root }, flags) {
    const record = readRecord(root, flags.args[0] ?? '');
    const intervalMs = milliseconds(flagText(flags, 'interval') ?? '5s');
    if (statusOf(root, record) === 'stopped')
      throw new EngineError('conflict', `container with id ${record.id} is not running`);
    if (flagSet(flags, 'stats')) printEvent(record, 'stats', statsOf(record));
    else await watch(root, record, intervalMs);
    return 0;
  },
};

/** Until the container has ended. */
async function watch(root: string, record: ContainerRecord, intervalMs: number): Promise<void> {
  const cgroup = new Cgroup(record.cgroupPaths);
  let killed = cgroup.oomKills();
  let next = Date.now() + intervalMs;
  while (statusOf(root, record) !== 'stopped') {
    await delay(Math.min(OOM_POLL_MS, intervalMs));
    const now = cgroup.exists ? cgroup.oomKills() : killed;
    if (now > killed) printEvent(record, 'oom', undefined);
    killed = now;
    if (Date.now() < next || !cgroup.exists) continue;
    printEvent(record, 'stats', statsOf(record));
    next += intervalMs;
  }
}

function statsOf(record: ContainerRecord) {
  return eventStats(new Cgroup(record.cgroupPaths).stats());
}

function printEvent({ id }: ContainerRecord, type: string, data: unknown): void {
  print(`${JSON.stringify({ type, id, data })}\n`);
}

/** A duration as Go writes it: `5s`, `1m30s`. @throws EngineError invalid-parameter */
function milliseconds(duration: string): number {
  const parts = [...duration.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  const total = parts.reduce((sum, [, count, unit]) => sum + Number(count) * UNITS[unit!]!, 0);
  if (parts.map(([whole]) => whole).join('') !== duration || total <= 0)
    throw new EngineError('invalid-parameter', 'duration interval must be greater than 0');
  return total;
}

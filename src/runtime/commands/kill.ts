import { constants } from 'node:os';
import { EngineError } from '../../base/errors.ts';
import type { Command } from '../command.ts';
import { Cgroup } from '../../cgroups/cgroup.ts';
import { killListed } from '../../cgroups/kill-listed.ts';
import { readRecord, statusOf } from '../container-record.ts';
import { flagSet } from '../flags.ts';
import { hasOwnPids } from '../own-namespaces.ts';

const REALTIME_FIRST = 34;
const HIGHEST_SIGNAL = 64;

export const kill: Command = {
  usage: '<container-id> [signal]',
  summary: "kill sends the specified signal (default: SIGTERM) to the container's init process",
  flags: { all: { type: 'boolean', short: 'a', usage: 'send the signal to all processes of the container' } },
  args: { min: 1, max: 2 },
  async run({ root }, flags) {
    const [id = '', name = 'SIGTERM'] = flags.args;
    const record = readRecord(root, id);
    const signal = signalNumber(name);
    const cgroup = new Cgroup(record.cgroupPaths);
    const all = flagSet(flags, 'all');
    // Without a pid namespace of its own, a container's other processes outlive its init.
    const endsAll = signal === constants.signals.SIGKILL && !hasOwnPids(record.spec);
    if ((all || endsAll) && cgroup.exists) {
      if (!(await signalAll(cgroup, signal)) && !all) throw notRunning();
      return 0;
    }
    if (statusOf(root, record) === 'stopped') {
      if (all) return 0;
      throw notRunning();
    }
    process.kill(record.pid, signal);
    // A frozen process would not notice its end.
    if (signal === constants.signals.SIGKILL && cgroup.exists && cgroup.frozen) await cgroup.thaw();
    return 0;
  },
};

function notRunning(): EngineError {
  return new EngineError('conflict', 'container not running');
}

/** Tells whether there was any process left. */
async function signalAll(cgroup: Cgroup, signal: number): Promise<boolean> {
  if (cgroup.pids().length === 0) return false;
  if (signal === constants.signals.SIGKILL) {
    await cgroup.kill();
    return true;
  }
  const wasFrozen = cgroup.frozen;
  // Still, so that none forks away from it.
  if (!wasFrozen) await cgroup.freeze();
  try {
    killListed(() => new Set(cgroup.pids()), signal);
  } finally {
    if (!wasFrozen) await cgroup.thaw();
  }
  return true;
}

/** `9`, `KILL`, `sigkill`, `RTMIN+3`. @throws EngineError invalid-parameter */
export function signalNumber(name: string): number {
  const upper = name.toUpperCase().replace(/^SIG/, '');
  const realtime = /^RT(MIN|MAX)([+-]\d+)?$/.exec(upper);
  const number = /^\d+$/.test(name)
    ? Number(name)
    : realtime
      ? (realtime[1] === 'MIN' ? REALTIME_FIRST : HIGHEST_SIGNAL) + Number(realtime[2] ?? 0)
      : constants.signals[`SIG${upper}` as NodeJS.Signals];
  if (number === undefined || number < 0 || number > HIGHEST_SIGNAL)
    throw new EngineError('invalid-parameter', `unknown signal ${JSON.stringify(name)}`);
  return number;
}

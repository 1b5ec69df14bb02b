import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { trimHeap } from '../kernel/libc.ffi.ts';

const INTERVAL_MS = 5_000;
/** Processor time in an interval below which the daemon counts as idle. */
const IDLE_MICROSECONDS = 50_000;

/**
 * Gives memory back that a busy time has left: V8 collects its garbage, and with it what belongs to it outside its heap,
 * only when it needs more, and the C library keeps what is freed. The pages go while there is work, the garbage once
 * there is none; and V8's heap grows by less at a time. The function returned ends that.
 */
export function giveBackMemory(): () => void {
  // Not as a flag of the program: code that was compiled before it starts would not be used with it.
  setFlagsFromString('--optimize-for-size');
  const collect = garbageCollector();
  let before = process.cpuUsage();
  let wasBusy = true;
  const timer = setInterval(() => {
    const { user, system } = process.cpuUsage(before);
    before = process.cpuUsage();
    const isBusy = user + system > IDLE_MICROSECONDS;
    if (!isBusy && wasBusy) collect();
    if (isBusy || wasBusy) void trimHeap();
    wasBusy = isBusy;
  }, INTERVAL_MS).unref();
  return () => clearInterval(timer);
}

function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  setFlagsFromString('--no-expose-gc');
  return collect;
}

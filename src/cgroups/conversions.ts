import { type Int64, toInt64 } from '../base/int64.ts';
import { EngineError } from '../base/errors.ts';

/**
 * v1 `cpu.shares` (2 to 262144, default 1024) as v2 `cpu.weight` (1 to 10000, default 100): the quadratic
 * curve through minimum, default and maximum that runc and crun use.
 */
export function cpuWeight(shares: number): number {
  if (shares <= 2) return 1;
  if (shares >= 262_144) return 10_000;
  const log = Math.log2(shares);
  return Math.ceil(10 ** ((log * log + 125 * log) / 612 - 7 / 34));
}

/** v1 `blkio.weight` (10 to 1000) as v2 `io.weight` (1 to 10000). */
export function ioWeight(blkioWeight: number): number {
  return 1 + Math.floor(((blkioWeight - 10) * 9999) / 990);
}

/**
 * The specification's memory+swap limit as v2's `memory.swap.max`, which counts swap alone. -1 is unlimited,
 * undefined leaves it.
 * @throws EngineError invalid-parameter
 */
export function swapMax(swap: Int64 | undefined, memory: Int64 | undefined): Int64 | undefined {
  if (!swap) return memory === -1 ? -1 : undefined;
  if (swap === -1 || memory === -1) return swap;
  if (!memory) throw new EngineError('invalid-parameter', 'unable to set swap limit without memory limit');
  if (swap < memory)
    throw new EngineError('invalid-parameter', 'memory+swap limit should be >= memory limit');
  return toInt64(BigInt(swap) - BigInt(memory));
}

import { setTimeout as delay } from 'node:timers/promises';

const PAUSE_MS = 10;

/**
 * Waits for a condition, looking again every 10 ms.
 * @throws Error with the condition's source when it does not hold within `limitMs` (default: a minute)
 */
export async function until(condition: () => unknown, limitMs = 60_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > deadline)
      throw new Error(`still not so after ${limitMs} ms: ${String(condition)}`);
    await delay(PAUSE_MS);
  }
}

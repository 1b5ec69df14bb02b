import { setTimeout as delay } from 'node:timers/promises';

/** Whether a promise that does not reject settles in that time. Keeps no process going. */
export async function settlesWithin(promise: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  const patience = new AbortController();
  const isInTime = await Promise.race([
    promise.then(() => true),
    delay(timeoutMs, false, { ref: false, signal: patience.signal }).catch(() => false),
  ]);
  patience.abort();
  return isInTime;
}

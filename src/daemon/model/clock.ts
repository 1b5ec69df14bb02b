import { performance } from 'node:perf_hooks';
import { parseRfc3339 } from '../../base/go/time.ts';

/** How Go prints a time that was never set. */
export const ZERO_TIME = '0001-01-01T00:00:00Z';

const NS_PER_MS = 1_000_000n;
const NS_PER_S = 1_000_000_000n;

/** Wall-clock time in nanoseconds since the epoch, with the resolution of the monotonic clock (below 1 µs). */
export function nowNs(): bigint {
  const wallMs = Date.now();
  const precise = performance.timeOrigin + performance.now();
  // The two drift apart when the clock is set; then the wall clock is right.
  const ms = Math.abs(precise - wallMs) < 2 ? precise : wallMs;
  const whole = Math.floor(ms);
  return BigInt(whole) * NS_PER_MS + BigInt(Math.floor((ms - whole) * 1e6));
}

/** RFC 3339 in UTC with up to nine decimals, without trailing zeros: Go's RFC3339Nano. */
export function formatTime(ns: bigint): string {
  // Of times before the epoch the fraction counts forward, too.
  const beyond = ((ns % NS_PER_S) + NS_PER_S) % NS_PER_S;
  const seconds = (ns - beyond) / NS_PER_S;
  const fraction = beyond.toString().padStart(9, '0').replace(/0+$/, '');
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  return fraction === '' ? `${whole}Z` : `${whole}.${fraction}Z`;
}

/** The inverse of {@link formatTime}; accepts any RFC 3339 time. @throws RangeError */
export function parseTime(text: string): bigint {
  const ns = parseRfc3339(text);
  if (ns === undefined) throw new RangeError(`not an RFC 3339 time: ${text}`);
  return ns;
}

export function currentTime(): string {
  return formatTime(nowNs());
}

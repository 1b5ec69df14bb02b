/** What a server may ask for; it is not waited for longer. */
const MAXIMUM_MS = 60_000;

/** A `Retry-After` header in milliseconds, seconds or a date (RFC 9110, 10.2.3), bounded; undefined for none. */
export function retryAfterMs(header: string | undefined, nowMs = Date.now()): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(header) ? Number(header) * 1000 : Date.parse(header.slice(0, 64)) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), MAXIMUM_MS);
}

/** Before repetition number `attempt` (from 1): what the server asks for, else exponential, with jitter. */
export function backOffMs(attempt: number, baseMs: number, askedMs: number | undefined): number {
  const waitMs = Math.min(baseMs * 2 ** (attempt - 1), MAXIMUM_MS / 2);
  return askedMs ?? waitMs / 2 + (Math.random() * waitMs) / 2;
}

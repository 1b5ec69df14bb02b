/** A transfer does not wait for longer, whatever a server asks for. */
const MAXIMUM_MS = 60_000;
const DAY_MS = 24 * 60 * 60 * 1000;

/** A `Retry-After` header in milliseconds, seconds or a date (RFC 9110, 10.2.3), bounded; undefined for none. */
export function retryAfterMs(header: string | undefined, nowMs = Date.now()): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(header) ? Number(header) * 1000 : Date.parse(header.slice(0, 64)) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), DAY_MS);
}

/** Before repetition number `attempt` (from 1): what the server asks for, else exponential, with jitter. */
export function backOffMs(attempt: number, baseMs: number, askedMs: number | undefined): number {
  const waitMs = Math.min(baseMs * 2 ** (attempt - 1), MAXIMUM_MS / 2);
  return Math.min(askedMs ?? waitMs / 2 + (Math.random() * waitMs) / 2, MAXIMUM_MS);
}

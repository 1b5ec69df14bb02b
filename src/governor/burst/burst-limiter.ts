/**
 * A token bucket that limits how long a container uses more than its limit: using more costs tokens, using little saves
 * some. One token is one percent of the limit for one second. Values, never changed in place.
 */
export type BurstLimiter = {
  tokens: number;
  capacity: number;
  /** When it was last charged, in seconds of a monotonic clock. */
  atSeconds: number;
};

/** Below it, tokens are saved; between it and 100 nothing changes. */
const SAVING_PERCENT = 60;
const FULL_PERCENT = 100;
/**
 * The largest share of its capacity that a new bucket has. It varies, so that containers that start together do not
 * burst in step.
 */
const MOST_AT_START = 0.5;
const IDLE_PERIODS = 2;

export type LimiterSettings = { cfsQuotaBurstPercent: number; cfsQuotaBurstPeriodSeconds: number };

function capacityOf({ cfsQuotaBurstPercent, cfsQuotaBurstPeriodSeconds }: LimiterSettings): number {
  return cfsQuotaBurstPeriodSeconds * (cfsQuotaBurstPercent - FULL_PERCENT);
}

/** @param random 0 to 1 */
function newLimiter(capacity: number, atSeconds: number, random: number): BurstLimiter {
  return { tokens: MOST_AT_START * random * capacity, capacity, atSeconds };
}

/**
 * Charges what a container has used since the limiter was last charged. A limiter whose settings have changed, or that
 * was not charged for two periods, begins anew.
 * @param now.usagePercent of the container's limit, on average since then
 */
export function charge(
  before: BurstLimiter | undefined,
  settings: LimiterSettings,
  now: { atSeconds: number; usagePercent: number; random: number },
): BurstLimiter {
  const { atSeconds, usagePercent, random } = now;
  const capacity = capacityOf(settings);
  if (before?.capacity !== capacity || isForgotten(before, settings, atSeconds))
    return newLimiter(capacity, atSeconds, random);
  const tokens = before.tokens + gainPerSecond(usagePercent) * (atSeconds - before.atSeconds);
  return { capacity, atSeconds, tokens: Math.min(Math.max(tokens, -capacity), capacity) };
}

function isForgotten(
  { atSeconds }: BurstLimiter,
  { cfsQuotaBurstPeriodSeconds }: LimiterSettings,
  now: number,
): boolean {
  return now - atSeconds > IDLE_PERIODS * cfsQuotaBurstPeriodSeconds;
}

/** Negative when it costs. */
function gainPerSecond(usagePercent: number): number {
  const isEven = usagePercent >= SAVING_PERCENT && usagePercent < FULL_PERCENT;
  return isEven ? 0 : FULL_PERCENT - usagePercent;
}

export function allowsBurst(limiter: BurstLimiter): boolean {
  return limiter.tokens > 0;
}

import { type BurstSettings, PERIOD_US, usesStaticBurst } from './burst-settings.ts';

/**
 * The kernel's burst (`cpu.max.burst`, `cpu.cfs_burst_us`) that a policy gives a container with a limit; 0 for none.
 * @param limitCores 0: no limit
 */
export function staticBurstUs(
  limitCores: number,
  settings: Pick<BurstSettings, 'policy' | 'cpuBurstPercent'>,
): number {
  if (!usesStaticBurst(settings) || limitCores <= 0) return 0;
  return Math.trunc((limitCores * settings.cpuBurstPercent * PERIOD_US) / 100);
}

/** The kernel answers EINVAL to a burst of more than the quota. `quotaUs` -1: no limit, and nothing to save. */
export function clampBurst(burstUs: number, quotaUs: number): number {
  return quotaUs < 0 ? 0 : Math.min(burstUs, quotaUs);
}

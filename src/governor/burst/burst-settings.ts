/**
 * Which of the two mechanisms of CPU burst a container has: `cpuBurstOnly` the kernel's own (time that was left unused
 * may be spent later), `cfsQuotaBurstOnly` a raised quota while it is throttled, `auto` both.
 */
export type BurstPolicy = 'none' | 'cpuBurstOnly' | 'cfsQuotaBurstOnly' | 'auto';

/** A container whose answers others wait for, and one that shall only use what is left over. */
export type QualityOfService = 'none' | 'latency-sensitive' | 'best-effort';

export const BURST_POLICIES: readonly BurstPolicy[] = ['none', 'cpuBurstOnly', 'cfsQuotaBurstOnly', 'auto'];

export type BurstSettings = {
  policy: BurstPolicy;
  /** What may be saved up, in percent of the limit of one period of 100 ms. 0 to 10000. */
  cpuBurstPercent: number;
  /** How high the quota may be raised, in percent of the limit. At least 100. */
  cfsQuotaBurstPercent: number;
  /** How long a container may use all of the raised quota; -1: for ever. */
  cfsQuotaBurstPeriodSeconds: number;
};

/** Koordinator's (pkg/util/sloconfig/nodeslo_config.go). */
export const DEFAULT_BURST: BurstSettings = {
  policy: 'none',
  cpuBurstPercent: 1000,
  cfsQuotaBurstPercent: 300,
  cfsQuotaBurstPeriodSeconds: -1,
};

/** The machine counts as overloaded from this share of its pool on. */
export const DEFAULT_SHARE_POOL_THRESHOLD = 50;

/** The kernel's default (`cpu.cfs_period_us`, `cpu.max`), which the governor reckons with. */
export const PERIOD_US = 100_000;

export function usesStaticBurst({ policy }: Pick<BurstSettings, 'policy'>): boolean {
  return policy === 'cpuBurstOnly' || policy === 'auto';
}

export function usesQuotaBurst({ policy }: Pick<BurstSettings, 'policy'>): boolean {
  return policy === 'cfsQuotaBurstOnly' || policy === 'auto';
}

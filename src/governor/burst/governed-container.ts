import type { CgroupPaths } from '../../cgroups/cgroup-paths.ts';
import { HeldFiles } from '../../cgroups/held-files.ts';
import { type BandwidthDirectory, bandwidthDirectory, readBandwidthUsage } from './bandwidth-files.ts';
import type { Bandwidth } from './bandwidth-writes.ts';
import { allowsBurst, type BurstLimiter, charge } from './burst-limiter.ts';
import { type BurstSettings, type QualityOfService, usesQuotaBurst } from './burst-settings.ts';
import type { NodeState } from './node-state.ts';
import { ceilingUs, decideStep, nextQuotaUs } from './quota-step.ts';
import { clampBurst } from './static-burst.ts';

/** A container as the governor gets to know it. */
export type GovernedOptions = {
  id: string;
  paths: CgroupPaths;
  /** Its limit in each period; undefined without one. */
  baseUs: number | undefined;
  periodUs: number;
  /** The kernel's burst that it shall have, as far as the quota lets it. */
  burstUs: number;
  settings: BurstSettings;
  qos: QualityOfService;
  /** CPUs that are its own by a cpuset; 0 for none. */
  pinnedCores: number;
  /** Has files written when no daemon is there any more; settles when that is certain. */
  whenAlone: (writes: readonly { path: string; data: string }[]) => Promise<void>;
};

type Sample = { atSeconds: number; usageNs: number; throttledPeriods: number };

/** min(5 × interval, 10 s) with an interval of a second: what averages are taken over, and one more to start from. */
const KEPT_SAMPLES = 6;
const THROTTLED_INTERVALS = 2;
const NS_PER_SECOND = 1e9;
/** min_cfs_quota_period (kernel/sched/core.c). */
const LEAST_QUOTA_US = 1000;

/** One container while it runs: what was measured of it, and what it has been given. */
export class GovernedContainer {
  readonly options: GovernedOptions;
  readonly directory: BandwidthDirectory | undefined;
  /** What is set now. */
  bandwidth: Bandwidth;
  /** Whether the shim takes back what is lent, should this process die. */
  isBacked = false;
  readonly #files = new HeldFiles();
  #samples: Sample[] = [];
  #limiter: BurstLimiter | undefined;

  constructor(options: GovernedOptions) {
    this.options = options;
    this.directory = bandwidthDirectory(options.paths);
    this.bandwidth = this.bandwidthFor(options.baseUs ?? -1);
  }

  get wantsQuotaBurst(): boolean {
    return this.options.baseUs !== undefined && usesQuotaBurst(this.options.settings);
  }

  bandwidthFor(quotaUs: number): Bandwidth {
    return { quotaUs, burstUs: clampBurst(this.options.burstUs, quotaUs) };
  }

  measure(atSeconds: number): void {
    const usage = readBandwidthUsage(this.options.paths, this.#files.read);
    if (usage !== undefined) this.#samples = [...this.#samples, { atSeconds, ...usage }].slice(-KEPT_SAMPLES);
  }

  /** Cores, averaged over the samples that are kept. */
  get usedCores(): number {
    return coresBetween(this.#samples[0], this.#samples.at(-1));
  }

  /** The bandwidth that it shall have from now on. */
  decide(node: NodeState, random: number): Bandwidth {
    const { baseUs, settings } = this.options;
    if (baseUs === undefined) return this.bandwidth;
    const step = decideStep({
      settings,
      isAllowed: this.#isAllowed(baseUs, random),
      isThrottled: this.#isThrottled(),
      node,
    });
    const ceiling = ceilingUs(baseUs, settings.cfsQuotaBurstPercent);
    const currentUs = this.bandwidth.quotaUs;
    return this.bandwidthFor(nextQuotaUs(step, { currentUs, baseUs, ceilingUs: ceiling }));
  }

  /** Half of what it has, or, without a quota, of what it uses. */
  squeezed(): Bandwidth {
    const { periodUs } = this.options;
    const { quotaUs } = this.bandwidth;
    const nowUs = quotaUs > 0 ? quotaUs : Math.max(this.usedCores, 1) * periodUs;
    return this.bandwidthFor(Math.max(Math.trunc(nowUs / 2), LEAST_QUOTA_US, Math.trunc(periodUs / 100)));
  }

  close(): void {
    this.#files.close();
  }

  #isThrottled(): boolean {
    const now = this.#samples.at(-1);
    const before = this.#samples.at(-1 - THROTTLED_INTERVALS) ?? this.#samples[0];
    return now !== undefined && before !== undefined && now.throttledPeriods > before.throttledPeriods;
  }

  #isAllowed(baseUs: number, random: number): boolean {
    const { settings, periodUs } = this.options;
    const now = this.#samples.at(-1);
    if (settings.cfsQuotaBurstPeriodSeconds < 0 || now === undefined) return true;
    const cores = coresBetween(this.#samples.at(-2), now);
    const usagePercent = (cores * periodUs * 100) / baseUs;
    this.#limiter = charge(this.#limiter, settings, { atSeconds: now.atSeconds, usagePercent, random });
    return allowsBurst(this.#limiter);
  }
}

function coresBetween(before: Sample | undefined, now: Sample | undefined): number {
  if (before === undefined || now === undefined || now.atSeconds <= before.atSeconds) return 0;
  return (now.usageNs - before.usageNs) / NS_PER_SECOND / (now.atSeconds - before.atSeconds);
}

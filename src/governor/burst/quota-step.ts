import { type BurstSettings, PERIOD_US, usesQuotaBurst } from './burst-settings.ts';
import type { NodeState } from './node-state.ts';

/** What a tick does to a container's quota; `reset` is back to its limit. */
export type QuotaStep = 'reset' | 'down' | 'remain' | 'up';

const UP_FACTOR = 1.2;
const DOWN_FACTOR = 0.8;

export type StepFacts = {
  settings: Pick<BurstSettings, 'policy'>;
  /** Whether the limiter of sustained bursts lets it (burst-limiter.ts). */
  isAllowed: boolean;
  /** In the last two intervals. */
  isThrottled: boolean;
  node: NodeState;
};

/** The control law: what the container wants, then what the machine lets it have. */
export function decideStep(facts: StepFacts): QuotaStep {
  const wanted = wantedStep(facts);
  const { node } = facts;
  if (node === 'overload' && (wanted === 'up' || wanted === 'remain')) return 'down';
  if ((node === 'cooling' || node === 'unknown') && wanted === 'up') return 'remain';
  return wanted;
}

function wantedStep({ settings, isAllowed, isThrottled }: StepFacts): QuotaStep {
  if (!usesQuotaBurst(settings)) return 'reset';
  if (!isAllowed) return 'down';
  return isThrottled ? 'up' : 'remain';
}

/** A container's limit as a quota of {@link PERIOD_US}; undefined without a limit. */
export function baseQuotaUs(milliCpu: number): number | undefined {
  return milliCpu > 0 ? Math.trunc((milliCpu * PERIOD_US) / 1000) : undefined;
}

export function ceilingUs(baseUs: number, cfsQuotaBurstPercent: number): number {
  return Math.trunc((baseUs * cfsQuotaBurstPercent) / 100);
}

/** The quota after `step`, between the base and the ceiling. */
export function nextQuotaUs(
  step: QuotaStep,
  quota: { currentUs: number; baseUs: number; ceilingUs: number },
): number {
  return Math.min(Math.max(stepped(step, quota), quota.baseUs), quota.ceilingUs);
}

function stepped(step: QuotaStep, { currentUs, baseUs }: { currentUs: number; baseUs: number }): number {
  if (step === 'reset') return baseUs;
  if (step === 'remain') return currentUs;
  return Math.trunc(currentUs * (step === 'up' ? UP_FACTOR : DOWN_FACTOR));
}

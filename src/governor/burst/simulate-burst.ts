import { EngineError } from '../../base/errors.ts';
import { allowsBurst, type BurstLimiter, charge } from './burst-limiter.ts';
import { type BurstSettings, PERIOD_US, usesQuotaBurst } from './burst-settings.ts';
import { type NodeState, nodeState } from './node-state.ts';
import { baseQuotaUs, ceilingUs, decideStep, nextQuotaUs, type QuotaStep } from './quota-step.ts';
import { clampBurst, staticBurstUs } from './static-burst.ts';

/** One second: how many cores' work comes to the container, and what the others of the machine use. */
export type TraceRow = { demandCores: number; othersCores: number };

export type SimulationOptions = {
  settings: BurstSettings;
  limitCores: number;
  /** How many the machine has. */
  cores: number;
  sharePoolThreshold: number;
};

/** One second of the simulation. */
export type SimulatedSecond = {
  demandCores: number;
  usedCores: number;
  quotaCores: number;
  /** Work that waits, in seconds of one core. */
  backlog: number;
  throttledPeriods: number;
  node: NodeState;
  step: QuotaStep;
  tokens: number;
};

const PERIODS = 1_000_000 / PERIOD_US;
/** min(5 × interval, 10 s) with an interval of a second. */
const AVERAGED_SECONDS = 5;

/**
 * What the governor and the kernel make of a trace, second by second: the very control law that runs, on a model of the
 * kernel's bandwidth control. Nothing is random: limiters begin with a quarter of their capacity.
 * @throws EngineError invalid-parameter for a container without a limit
 */
export function simulateBurst(trace: readonly TraceRow[], options: SimulationOptions): SimulatedSecond[] {
  const baseUs = baseQuotaUs(options.limitCores * 1000);
  if (baseUs === undefined)
    throw new EngineError(
      'invalid-parameter',
      'a container without a CPU limit (--cpus) has nothing to burst',
    );
  const machine = { ...options, baseUs };
  let state: SimulationState = {
    quotaUs: baseUs,
    savedUs: 0,
    backlogUs: 0,
    limiter: undefined,
    recent: [],
  };
  return trace.map((row, second) => {
    const [next, shown] = simulateSecond(state, { row, second, machine });
    state = next;
    return shown;
  });
}

type Machine = SimulationOptions & { baseUs: number };
type Recent = { nodeUsed: number; throttledPeriods: number };
type SimulationState = {
  quotaUs: number;
  savedUs: number;
  backlogUs: number;
  limiter: BurstLimiter | undefined;
  /** The last seconds, oldest first. */
  recent: Recent[];
};

function simulateSecond(
  state: SimulationState,
  { row, second, machine }: { row: TraceRow; second: number; machine: Machine },
): [SimulationState, SimulatedSecond] {
  const ran = runPeriods(state, row, machine);
  const usedCores = ran.usedUs / (PERIODS * PERIOD_US);
  const recent = [
    ...state.recent,
    { nodeUsed: usedCores + row.othersCores, throttledPeriods: ran.throttledPeriods },
  ].slice(-AVERAGED_SECONDS);
  const decided = decide(state, { second, usedCores, recent, machine });
  return [
    { ...ran, recent, quotaUs: decided.quotaUs, limiter: decided.limiter },
    {
      demandCores: row.demandCores,
      usedCores,
      quotaCores: state.quotaUs / PERIOD_US,
      backlog: ran.backlogUs / 1e6,
      throttledPeriods: ran.throttledPeriods,
      node: decided.node,
      step: decided.step,
      tokens: decided.limiter?.tokens ?? 0,
    },
  ];
}

/** Bandwidth control as in kernel/sched/fair.c: what is left of a period is kept, up to the burst. */
function runPeriods(state: SimulationState, row: TraceRow, { limitCores, settings, cores }: Machine) {
  const burstUs = clampBurst(staticBurstUs(limitCores, settings), state.quotaUs);
  const freeUs = Math.max(cores - row.othersCores, 0) * PERIOD_US;
  let { savedUs, backlogUs } = state;
  let [usedUs, throttledPeriods] = [0, 0];
  for (let period = 0; period < PERIODS; period++) {
    const runtimeUs = Math.min(savedUs + state.quotaUs, state.quotaUs + burstUs);
    const wantedUs = backlogUs + row.demandCores * PERIOD_US;
    const runUs = Math.min(wantedUs, runtimeUs, freeUs);
    if (Math.min(wantedUs, freeUs) > runtimeUs) throttledPeriods++;
    savedUs = runtimeUs - runUs;
    backlogUs = wantedUs - runUs;
    usedUs += runUs;
  }
  return { savedUs, backlogUs, usedUs, throttledPeriods };
}

type Seen = { second: number; usedCores: number; recent: Recent[]; machine: Machine };

function decide(state: SimulationState, { second, usedCores, recent, machine }: Seen) {
  const { settings, baseUs, cores, sharePoolThreshold } = machine;
  const used = recent.reduce((sum, { nodeUsed }) => sum + nodeUsed, 0) / recent.length;
  const node = nodeState(
    { cores, used, pinnedRequests: 0, pinnedUsed: 0, bestEffortUsed: 0 },
    sharePoolThreshold,
  );
  const limiter = limits(settings)
    ? charge(state.limiter, settings, {
        atSeconds: second,
        usagePercent: (usedCores * PERIOD_US * 100) / baseUs,
        random: 0.5,
      })
    : undefined;
  const step = decideStep({
    settings,
    isAllowed: limiter === undefined || allowsBurst(limiter),
    isThrottled: recent.slice(-2).some(({ throttledPeriods }) => throttledPeriods > 0),
    node,
  });
  const quotaUs = nextQuotaUs(step, {
    currentUs: state.quotaUs,
    baseUs,
    ceilingUs: ceilingUs(baseUs, settings.cfsQuotaBurstPercent),
  });
  return { node, limiter, step, quotaUs };
}

function limits(settings: BurstSettings): boolean {
  return usesQuotaBurst(settings) && settings.cfsQuotaBurstPeriodSeconds >= 0;
}

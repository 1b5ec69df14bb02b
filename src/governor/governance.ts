import { EngineError } from '../base/errors.ts';
import { BURST_POLICIES, type BurstPolicy, type BurstSettings } from './burst/burst-settings.ts';
import type { QualityOfService } from './quality-of-service.ts';

/**
 * Annotations of this prefix, and labels of it, say how a container is governed: Docker's API has no fields for it, and
 * its CLI and compose can give both.
 */
export const GOVERNANCE_PREFIX = 'io.slipway.';

/** The kernel's burst, as given: a time for each period, or a share of the limit. */
export type CpuBurst = { us: number } | { percent: number };

/** How one container is governed. What is undefined is as the daemon has it. */
export type Governance = {
  cpuBurst?: CpuBurst;
  burst: Partial<BurstSettings>;
  qos: QualityOfService;
};

type Option = {
  /** For the help of flags. */
  usage: string;
  kind: 'string' | 'int';
  /** @throws EngineError whose message says what would be right */
  apply: (governance: Governance, text: string) => void;
};

const QOS: readonly QualityOfService[] = ['none', 'latency-sensitive', 'best-effort'];
const NEVER_BEFORE = -1;

/** By the names that flags have, and annotations after their prefix. */
export const GOVERNANCE_OPTIONS = {
  'cfs-quota-burst-percent': {
    usage:
      'How high the quota may be raised while the container is throttled, in percent of its limit (100 or more)',
    kind: 'int',
    apply: ({ burst }, text) => {
      burst.cfsQuotaBurstPercent = integerBetween(text, 100, 100_000);
    },
  },
  'cfs-quota-burst-period': {
    usage: 'Seconds for which all of the raised quota may be used (-1: no limit)',
    kind: 'int',
    apply: ({ burst }, text) => {
      burst.cfsQuotaBurstPeriodSeconds = integerBetween(text, NEVER_BEFORE, 31_536_000);
    },
  },
  'cpu-burst': {
    usage: 'CPU time left unused that may be spent later: a time (20ms) or a share of the limit (200%)',
    kind: 'string',
    apply: (governance, text) => {
      governance.cpuBurst = parseCpuBurst(text);
    },
  },
  'cpu-burst-percent': {
    usage: 'What the policy lets the container save up, in percent of its limit (0 to 10000)',
    kind: 'int',
    apply: ({ burst }, text) => {
      burst.cpuBurstPercent = integerBetween(text, 0, 10_000);
    },
  },
  'cpu-burst-policy': {
    usage: `How CPU time is lent to the container (${BURST_POLICIES.join(', ')})`,
    kind: 'string',
    apply: ({ burst }, text) => {
      burst.policy = oneOf<BurstPolicy>(text, BURST_POLICIES);
    },
  },
  qos: {
    usage: 'Class of the container (latency-sensitive, best-effort)',
    kind: 'string',
    apply: (governance, text) => {
      governance.qos = oneOf<QualityOfService>(text, QOS);
    },
  },
} satisfies Record<string, Option>;

export type GovernanceOption = keyof typeof GOVERNANCE_OPTIONS;

/**
 * What annotations of {@link GOVERNANCE_PREFIX} say; others are left alone. An empty value is as if it were not there.
 * @throws EngineError invalid-parameter with the option's name, its value and what would be right
 */
export function parseGovernance(annotations: Readonly<Record<string, string>>): Governance {
  const governance: Governance = { burst: {}, qos: 'none' };
  for (const [key, text] of Object.entries(annotations))
    if (key.startsWith(GOVERNANCE_PREFIX)) applyOption(governance, key.slice(GOVERNANCE_PREFIX.length), text);
  return governance;
}

/** @throws EngineError invalid-parameter */
export function applyOption(governance: Governance, name: string, text: string): void {
  const option = Object.hasOwn(GOVERNANCE_OPTIONS, name)
    ? GOVERNANCE_OPTIONS[name as GovernanceOption]
    : undefined;
  if (option === undefined) {
    const known = Object.keys(GOVERNANCE_OPTIONS).join(', ');
    throw invalid(`unknown option ${GOVERNANCE_PREFIX}${name}: want one of ${known}`);
  }
  if (text === '') return;
  try {
    option.apply(governance, text);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw invalid(`invalid ${name} ${JSON.stringify(text)}: ${error.message}`);
  }
}

function integerBetween(text: string, least: number, most: number): number {
  const value = /^[+-]?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) throw invalid(`want a number from ${least} to ${most}`);
  return value;
}

function oneOf<T extends string>(text: string, values: readonly T[]): T {
  const value = values.find(known => known === text);
  if (value === undefined) throw invalid(`want one of ${values.join(', ')}`);
  return value;
}

const US: Readonly<Record<string, number>> = { us: 1, ms: 1000, s: 1_000_000 };

/** A microsecond is the least that the kernel knows, a second its longest period. */
function parseCpuBurst(text: string): CpuBurst {
  if (text === '0') return { us: 0 };
  const [, number = '', unit = ''] = /^(\d{1,7}(?:\.\d{1,3})?)(us|ms|s|%)$/.exec(text) ?? [];
  if (unit === '') throw invalid('want a time (20ms) or a share of the limit (200%)');
  if (unit === '%') return { percent: integerBetween(number, 0, 10_000) };
  const us = Math.round(Number(number) * US[unit]!);
  if (us > 10_000_000) throw invalid('want no more than 10s');
  return { us };
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-parameter', message);
}

import { EngineError } from '../base/errors.ts';
import {
  BURST_POLICIES,
  type BurstPolicy,
  type BurstSettings,
  type QualityOfService,
} from './burst/burst-settings.ts';
import { type NetworkRule, parseNetworkRule } from './network/network-rule.ts';
import { parsePressureLimit, type PressureAction, type PressureLimit } from './pressure/pressure-limit.ts';
import { parseBytes } from './size.ts';

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
  pressureLimits: PressureLimit[];
  pressureAction: PressureAction;
  /** Undefined: `deny` for containers with extra privileges, `off` for others. */
  sysctlGuard?: SysctlMode;
  /** Sysctls that may be written all the same: `net.core.*`. */
  sysctlAllow: string[];
  /** The limits that only cgroup v2 has, in bytes. */
  memory: { high?: number; low?: number; min?: number; oomGroup?: boolean };
  hugetlb: { pageSize: string; limit: number }[];
  numaNode?: number;
  /** Descriptors of all its processes together; undefined and 0: no limit. */
  filesLimit?: number;
  /** Undefined: anywhere; empty: nowhere but to itself. */
  networkGuard?: NetworkRule[];
};

export type SysctlMode = 'deny' | 'audit' | 'off';

/** That of a container that says nothing. */
export function noGovernance(): Governance {
  return {
    burst: {},
    qos: 'none',
    pressureLimits: [],
    pressureAction: 'event',
    sysctlAllow: [],
    memory: {},
    hugetlb: [],
  };
}

type Option = {
  /** For the help of flags. */
  usage: string;
  /** Lists are separated by commas, and their flags may be given several times. */
  kind: 'string' | 'int' | 'list';
  /** @throws EngineError whose message says what would be right */
  apply: (governance: Governance, text: string) => void;
};

const ACTIONS: readonly PressureAction[] = ['event', 'throttle', 'stop'];
const SYSCTL_MODES: readonly SysctlMode[] = ['deny', 'audit', 'off'];
/** What a shim watches (MAX_TRIGGERS). */
const MAX_PRESSURE_LIMITS = 16;
const MAX_SYSCTLS = 64;
const MAX_RULES = 128;
const MAX_PAGE_SIZES = 8;
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
  'files-limit': {
    usage: 'Open files of all processes together (-1 and 0: no limit)',
    kind: 'int',
    apply: (governance, text) => {
      governance.filesLimit = Math.max(integerBetween(text, -1, 2_147_483_647), 0);
    },
  },
  hugetlb: {
    usage: 'Limit of huge pages: SIZE=BYTES (2MB=64m)',
    kind: 'list',
    apply: (governance, text) => {
      governance.hugetlb = listOf(text, MAX_PAGE_SIZES).map(parseHugetlb);
    },
  },
  'memory-high': memoryOption('high', 'Memory above which the container is slowed down, and gives some back'),
  'memory-low': memoryOption('low', 'Memory that is taken from the container last'),
  'memory-min': memoryOption('min', 'Memory that is never taken from the container'),
  'numa-node': {
    usage: 'NUMA node whose CPUs and memory the container has',
    kind: 'int',
    apply: (governance, text) => {
      governance.numaNode = integerBetween(text, 0, 1023);
    },
  },
  'oom-group': {
    usage: 'Whether the kernel kills the whole container for want of memory (true, false)',
    kind: 'string',
    apply: ({ memory }, text) => {
      memory.oomGroup = oneOf(text, ['true', 'false']) === 'true';
    },
  },
  'network-guard': {
    usage:
      'Let the container connect and send only to ADDRESS[/PREFIX][:PORT] (none: nowhere; off: anywhere)',
    kind: 'list',
    apply: (governance, text) => {
      if (text === 'off') return;
      governance.networkGuard = text === 'none' ? [] : listOf(text, MAX_RULES).map(parseNetworkRule);
    },
  },
  'pressure-action': {
    usage: 'What follows too much pressure: event, throttle (best-effort containers), stop (one of them)',
    kind: 'string',
    apply: (governance, text) => {
      governance.pressureAction = oneOf<PressureAction>(text, ACTIONS);
    },
  },
  'pressure-limit': {
    usage: 'Pressure from which on there is an event, such as memory=some:10:1s',
    kind: 'list',
    apply: (governance, text) => {
      governance.pressureLimits = listOf(text, MAX_PRESSURE_LIMITS).map(parsePressureLimit);
    },
  },
  qos: {
    usage: 'Class of the container (latency-sensitive, best-effort)',
    kind: 'string',
    apply: (governance, text) => {
      governance.qos = oneOf<QualityOfService>(text, QOS);
    },
  },
  'sysctl-allow': {
    usage: 'Sysctl that a guarded container may write (net.core.*)',
    kind: 'list',
    apply: (governance, text) => {
      governance.sysctlAllow = listOf(text, MAX_SYSCTLS).map(checkSysctlName);
    },
  },
  'sysctl-guard': {
    usage: 'Whether writes to sysctls are refused (deny), only told of (audit), or free (off)',
    kind: 'string',
    apply: (governance, text) => {
      governance.sysctlGuard = oneOf<SysctlMode>(text, SYSCTL_MODES);
    },
  },
} satisfies Record<string, Option>;

export type GovernanceOption = keyof typeof GOVERNANCE_OPTIONS;

/**
 * What annotations of {@link GOVERNANCE_PREFIX} say; others are left alone. An empty value is as if it were not there.
 * @throws EngineError invalid-parameter with the option's name, its value and what would be right
 */
export function parseGovernance(annotations: Readonly<Record<string, string>>): Governance {
  const governance = noGovernance();
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

function memoryOption(name: 'high' | 'low' | 'min', usage: string): Option {
  return {
    usage: `${usage} (cgroup v2)`,
    kind: 'string',
    apply: ({ memory }, text) => {
      memory[name] = parseBytes(text);
    },
  };
}

/** `2MB=64m`, the size as the kernel names its files. */
function parseHugetlb(text: string): { pageSize: string; limit: number } {
  const [, pageSize = '', bytes = ''] = /^(\d{1,6}[KMG]B)=(.+)$/.exec(text) ?? [];
  if (pageSize === '') throw invalid('want SIZE=BYTES, such as 2MB=64m');
  return { pageSize, limit: parseBytes(bytes) };
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

function listOf(text: string, most: number): string[] {
  const items = text.split(',').map(item => item.trim());
  if (items.length > most) throw invalid(`want ${most} at most`);
  return items;
}

/**
 * As sysctl(8) has names, all below a directory by a `*` at the end; of 63 bytes, which is what the kernel compares.
 */
function checkSysctlName(name: string): string {
  if (!/^[a-zA-Z0-9_-]+(\.[a-zA-Z0-9_-]+)*(\.\*)?$/.test(name) || name.length > 63)
    throw invalid('want names of sysctls, such as net.core.somaxconn or net.core.*');
  return name;
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

import type { CompletedHostConfig } from '../../model/host-config.ts';
import {
  type Governance,
  GOVERNANCE_PREFIX,
  type GovernanceOption,
  parseGovernance,
} from '../../../governor/governance.ts';
import type { LimitSupport } from '../spec/limit-support.ts';

type Annotations = Record<string, string>;

/**
 * A request's annotations, with those of its labels that say how the container is governed: compose files and older
 * clients have labels only. An annotation counts more. Labels of images do not count: the user who runs an image decides.
 */
export function withGovernanceLabels(annotations: Annotations, labels: Annotations): Annotations {
  const own = Object.entries(labels).filter(([key]) => key.startsWith(GOVERNANCE_PREFIX));
  return own.length === 0 ? annotations : { ...Object.fromEntries(own), ...annotations };
}

/** How a container is governed. @throws EngineError invalid-parameter */
export function governanceOf({ Annotations }: Pick<CompletedHostConfig, 'Annotations'>): Governance {
  return parseGovernance(Annotations);
}

/**
 * What a change makes of annotations: an empty value takes one away. Undefined where nothing is said of how the container is
 * governed; other annotations are left as they are.
 */
export function changedAnnotations(before: Annotations, change: Annotations): Annotations | undefined {
  const changed = Object.entries(change).filter(([key]) => key.startsWith(GOVERNANCE_PREFIX));
  if (changed.length === 0) return undefined;
  const all = Object.entries({ ...before, ...Object.fromEntries(changed) });
  return Object.fromEntries(all.filter(([key, value]) => value !== '' || !key.startsWith(GOVERNANCE_PREFIX)));
}

const NO_CGROUP = 'or the cgroup is not mounted';

type Lack = {
  names: readonly GovernanceOption[];
  isSupported: (support: LimitSupport) => boolean;
  warning: string;
};

const LACKS: readonly Lack[] = [
  {
    names: ['cpu-burst', 'cpu-burst-policy', 'cpu-burst-percent'],
    isSupported: ({ cpuBurst }) => cpuBurst,
    warning: `Your kernel does not support CPU burst ${NO_CGROUP}. Burst discarded.`,
  },
  {
    names: ['sysctl-guard', 'sysctl-allow'],
    isSupported: ({ sysctlGuard }) => sysctlGuard,
    warning: `Your kernel does not support sysctl guards ${NO_CGROUP}. All writes to sysctls are allowed.`,
  },
  {
    names: ['memory-high', 'memory-low', 'memory-min', 'oom-group'],
    isSupported: ({ cgroupVersion }) => cgroupVersion === '2',
    warning:
      'memory-high, memory-low, memory-min and oom-group need the memory controller of cgroup v2. Discarded.',
  },
  {
    names: ['hugetlb'],
    isSupported: ({ hugetlb }) => hugetlb,
    warning: `Your kernel does not support hugetlb limit capabilities ${NO_CGROUP}. Limitation discarded.`,
  },
  {
    names: ['files-limit'],
    isSupported: ({ files, filesFilter }) => files || filesFilter,
    warning:
      'Your kernel does not support files limit capabilities, files limit discarded. Each process is limited by RLIMIT_NOFILE instead.',
  },
  {
    names: ['network-guard'],
    isSupported: ({ networkGuard }) => networkGuard,
    warning: `Your kernel does not support network guards ${NO_CGROUP}. All connections are allowed.`,
  },
  {
    names: ['pressure-limit', 'pressure-action'],
    isSupported: ({ pressure }) => pressure,
    warning: `Your kernel does not support pressure stall information ${NO_CGROUP}. Pressure limits discarded.`,
  },
];

/** Values that ask for nothing. */
const NOTHING_ASKED: ReadonlySet<string> = new Set([
  'cpu-burst=0',
  'cpu-burst-policy=none',
  'cpu-burst-policy=cfsQuotaBurstOnly',
  'files-limit=0',
  'files-limit=-1',
  'network-guard=off',
  'sysctl-guard=off',
]);

/** Warns, as Docker does, of annotations that this kernel cannot honour. */
export function governanceWarnings(annotations: Annotations, support: LimitSupport): string[] {
  const isAsked = (name: GovernanceOption) => {
    const value = annotations[`${GOVERNANCE_PREFIX}${name}`];
    return Boolean(value) && !NOTHING_ASKED.has(`${name}=${value}`);
  };
  return LACKS.filter(({ names, isSupported }) => names.some(isAsked) && !isSupported(support)).map(
    ({ warning }) => warning,
  );
}

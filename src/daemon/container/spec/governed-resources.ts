import type { CompletedHostConfig, Limits } from '../../model/host-config.ts';
import type { Resources } from '../../../oci/runtime-spec.ts';
import { type BurstSettings, PERIOD_US } from '../../../governor/burst/burst-settings.ts';
import { clampBurst, staticBurstUs } from '../../../governor/burst/static-burst.ts';
import { GOVERNANCE_PREFIX, type Governance, parseGovernance } from '../../../governor/governance.ts';
import { invalid } from '../../model/errors.ts';
import type { LimitSupport } from './limit-support.ts';
import { numaNode } from './numa-node.ts';
import { specLimits } from './spec-resources.ts';

const DEFAULT_SHARES = 1024;
/** The fewest CPU shares there are: for best-effort containers where the kernel has no idle groups. */
const LEAST_SHARES = 2;
const LATENCY_SENSITIVE_SHARES = 2048;
/** The share of its memory limit that the kernel reclaims last from a latency-sensitive container. */
const PROTECTED_SHARE = 0.5;

const HUGETLB = `${GOVERNANCE_PREFIX}hugetlb`;
/** What control files of cgroup v2 hold without annotations. */
const NO_MEMORY_OPTIONS = { 'memory.high': 'max', 'memory.min': '0', 'memory.oom.group': '0' };

/** What of a host configuration says how a container is governed. */
export type GovernedConfig = Limits & Pick<CompletedHostConfig, 'Annotations'>;

/** How CPU time is lent to a container, with the daemon's defaults. A class has a policy of its own. */
export function burstSettings({ burst, qos }: Governance, defaults: BurstSettings): BurstSettings {
  const policy = qos === 'latency-sensitive' ? 'auto' : qos === 'best-effort' ? 'none' : defaults.policy;
  return { ...defaults, policy, ...burst };
}

/** A container's CPU limit; `quotaUs` undefined without one. */
export function cpuLimit(hostConfig: GovernedConfig): {
  quotaUs: number | undefined;
  periodUs: number;
  cores: number;
} {
  const { cpu } = specLimits(hostConfig);
  const { period = PERIOD_US, quota = 0 } = { ...cpu };
  const [periodUs, us] = [Number(period), Math.max(0, Number(quota))];
  return { quotaUs: us > 0 ? us : undefined, periodUs, cores: us / periodUs };
}

/** The kernel's burst that a container shall have, as far as its quota lets it. */
export function wantedBurstUs(
  hostConfig: GovernedConfig,
  governance: Governance,
  defaults: BurstSettings,
): number {
  const { cores } = cpuLimit(hostConfig);
  const { cpuBurst } = governance;
  if (cpuBurst === undefined) return staticBurstUs(cores, burstSettings(governance, defaults));
  return 'us' in cpuBurst ? cpuBurst.us : Math.trunc((cores * cpuBurst.percent * PERIOD_US) / 100);
}

export type GovernanceFacts = { support: LimitSupport; defaults: BurstSettings };

/** What the annotations of a new container mean for its cgroup. @throws EngineError invalid-parameter for what the machine lacks */
export function governedResources(
  hostConfig: GovernedConfig,
  { support, defaults }: GovernanceFacts,
): Resources {
  const governance = parseGovernance(hostConfig.Annotations);
  const burst = clampBurst(
    wantedBurstUs(hostConfig, governance, defaults),
    cpuLimit(hostConfig).quotaUs ?? -1,
  );
  const { cpu, unified } = classResources(governance, hostConfig, support);
  const hasBurst = burst > 0 && support.cpuBurst;
  const files = { ...unified, ...unifiedFiles(governance, support) };
  const { numaNode: node, hugetlb } = governance;
  return {
    cpu: { ...cpu, ...(hasBurst ? { burst } : {}), ...(node === undefined ? {} : numaNode(node)) },
    ...(Object.keys(files).length > 0 ? { unified: files } : {}),
    ...(hugetlb.length > 0 && support.hugetlb ? { hugepageLimits: checkPageSizes(hugetlb, support) } : {}),
  };
}

/**
 * What contradicts other limits of the container, or has nothing to work with.
 * @returns warnings
 * @throws EngineError invalid-parameter
 */
export function checkGoverned(hostConfig: GovernedConfig, facts: GovernanceFacts): string[] {
  governedResources(hostConfig, facts);
  const { memory, cpuBurst } = parseGovernance(hostConfig.Annotations);
  const limit = Number(hostConfig.Memory);
  for (const name of ['high', 'low', 'min'] as const) {
    const bytes = memory[name] ?? 0;
    if (limit > 0 && bytes > limit)
      throw invalid(`invalid memory-${name} ${bytes}: want at most the memory limit, ${limit}`);
  }
  const asked = cpuBurst === undefined ? 0 : 'us' in cpuBurst ? cpuBurst.us : cpuBurst.percent;
  return asked > 0 && cpuLimit(hostConfig).quotaUs === undefined
    ? ['cpu-burst needs a CPU limit, as what is left of that is saved up. Burst discarded.']
    : [];
}

function checkPageSizes(
  limits: Governance['hugetlb'],
  { hugePageSizes }: LimitSupport,
): Governance['hugetlb'] {
  const other = limits.find(({ pageSize }) => !hugePageSizes.includes(pageSize));
  if (other === undefined) return limits;
  const known = hugePageSizes.length === 0 ? 'there are none' : `want one of ${hugePageSizes.join(', ')}`;
  throw invalid(`invalid hugetlb "${other.pageSize}": the machine has no huge pages of that size, ${known}`);
}

/** Control files of cgroup v2, for which the runtime specification has no fields. */
function unifiedFiles({ memory, filesLimit = 0 }: Governance, support: LimitSupport): Record<string, string> {
  const files: Record<string, string> = {};
  if (support.cgroupVersion === '2') {
    for (const name of ['high', 'low', 'min'] as const)
      if (memory[name] !== undefined) files[`memory.${name}`] = String(memory[name]);
    if (memory.oomGroup !== undefined) files['memory.oom.group'] = memory.oomGroup ? '1' : '0';
  }
  if (filesLimit > 0 && support.files) files['files.limit'] = String(filesLimit);
  return files;
}

/**
 * As {@link governedResources}, for one that runs: what it had before and has no more is taken back.
 * @param asked the annotations that are changed
 */
export function changedResources(
  hostConfig: GovernedConfig,
  facts: GovernanceFacts,
  asked: CompletedHostConfig['Annotations'],
): Resources {
  const { cpu, unified, hugepageLimits = [] } = governedResources(hostConfig, facts);
  const { support } = facts;
  const unlimited = support.hugePageSizes.filter(size =>
    hugepageLimits.every(({ pageSize }) => pageSize !== size),
  );
  return {
    cpu: {
      shares: hostConfig.CpuShares || DEFAULT_SHARES,
      ...(support.cpuIdle ? { idle: 0 } : {}),
      ...(support.cpuBurst ? { burst: 0 } : {}),
      ...cpu,
    },
    ...(support.cgroupVersion === '2' && support.memory
      ? { unified: { ...NO_MEMORY_OPTIONS, 'memory.low': String(hostConfig.MemoryReservation), ...unified } }
      : {}),
    ...(support.hugetlb && HUGETLB in asked
      ? { hugepageLimits: [...hugepageLimits, ...unlimited.map(pageSize => ({ pageSize, limit: -1 }))] }
      : {}),
  };
}

function classResources({ qos }: Governance, hostConfig: GovernedConfig, support: LimitSupport): Resources {
  if (qos === 'best-effort')
    return { cpu: support.cpuIdle ? { shares: undefined, idle: 1 } : { shares: LEAST_SHARES } };
  if (qos !== 'latency-sensitive') return {};
  const { Memory, MemoryReservation, CpuShares } = hostConfig;
  const protects = support.cgroupVersion === '2' && Memory > 0 && !MemoryReservation;
  return {
    cpu: { shares: CpuShares || LATENCY_SENSITIVE_SHARES },
    ...(protects ? { unified: { 'memory.low': String(Math.trunc(Number(Memory) * PROTECTED_SHARE)) } } : {}),
  };
}

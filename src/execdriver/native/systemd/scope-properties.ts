import type { Int64 } from '../../../base/int64.ts';
import { EngineError } from '../../../base/errors.ts';
import { lookupTable } from '../../../base/lookup-table.ts';
import { cpuWeight, swapMax } from '../../../cgroups/conversions.ts';
import { pidsLimit } from '../../../cgroups/settings.ts';
import { bitMask } from '../../../libcontainer/scheduling.ts';
import type { Resources } from '../../../oci/runtime-spec.ts';
import type { Property } from './unit-manager.ts';
import { parseVariantText } from './variant-text.ts';

const INFINITY = 2n ** 64n - 1n;
const US_PER_SECOND = 1_000_000;
/** systemd takes quotas in steps of a hundredth of a CPU. */
const QUOTA_STEP_US = 10_000;
const DEFAULT_PERIOD_US = 100_000;
const ANNOTATION = 'org.systemd.property.';

const number = (name: string, value: Int64 | undefined): Property[] =>
  value === undefined ? [] : [[name, { signature: 't', value: value < 0 ? INFINITY : BigInt(value) }]];

const unlessZero = (name: string, value: Int64 | undefined) => number(name, value === 0 ? undefined : value);

/**
 * The limits of a container as properties of its unit, so that systemd does not put others in their place when it
 * looks at the unit again. What it has no property for is only in the cgroup's files.
 * @param unified whether the machine has cgroup v2 only
 * @throws EngineError invalid-parameter
 */
export function limitProperties(resources: Resources, unified: boolean): Property[] {
  const { memory = {}, cpu = {}, pids } = resources;
  if (!unified)
    return [
      ...unlessZero('MemoryLimit', memory.limit),
      ...unlessZero('CPUShares', cpu.shares),
      ...quota(cpu.quota, cpu.period),
      ...unlessZero('BlockIOWeight', resources.blockIO?.weight),
      ...number('TasksMax', pidsLimit(pids?.limit)),
    ];
  return [
    ...unlessZero('MemoryMax', memory.limit),
    ...unlessZero('MemoryLow', memory.reservation),
    ...number('MemorySwapMax', swapMax(memory.swap, memory.limit)),
    // 0 is systemd's word for idle.
    ...(cpu.idle === 1
      ? number('CPUWeight', 0)
      : cpu.shares
        ? number('CPUWeight', cpuWeight(Number(cpu.shares)))
        : []),
    ...quota(cpu.quota, cpu.period),
    ...cpus('AllowedCPUs', cpu.cpus),
    ...cpus('AllowedMemoryNodes', cpu.mems),
    ...number('TasksMax', pidsLimit(pids?.limit)),
    ...Object.entries(resources.unified ?? {}).flatMap(([file, value]) => unifiedProperty(file, value)),
  ];
}

function quota(quotaUs: Int64 | undefined, periodUs: Int64 | undefined): Property[] {
  if (!quotaUs && !periodUs) return [];
  const period = Number(periodUs || DEFAULT_PERIOD_US);
  const perSecond =
    quotaUs && quotaUs > 0
      ? Math.ceil((Number(quotaUs) * US_PER_SECOND) / period / QUOTA_STEP_US) * QUOTA_STEP_US
      : -1;
  return [...number('CPUQuotaPerSecUSec', perSecond), ...number('CPUQuotaPeriodUSec', period)];
}

/** A list like `0-2,7` as systemd's mask: a byte for eight of them, the lowest first. */
function cpus(name: string, list: string | undefined): Property[] {
  if (!list) return [];
  const mask = bitMask(list, name);
  return [[name, { signature: 'ay', value: mask.subarray(0, mask.findLastIndex(byte => byte !== 0) + 1) }]];
}

const UNIFIED = lookupTable<string>({
  'memory.min': 'MemoryMin',
  'memory.low': 'MemoryLow',
  'memory.high': 'MemoryHigh',
  'memory.max': 'MemoryMax',
  'memory.swap.max': 'MemorySwapMax',
  'memory.zswap.max': 'MemoryZSwapMax',
  'pids.max': 'TasksMax',
  'cpu.weight': 'CPUWeight',
});

function unifiedProperty(file: string, value: string): Property[] {
  if (file === 'cpu.max') {
    const [limit, period] = value.trim().split(/\s+/);
    return quota(limit === 'max' ? -1 : Number(limit), period === undefined ? undefined : Number(period));
  }
  if (file === 'cpu.idle') return value.trim() === '1' ? number('CPUWeight', 0) : [];
  if (file === 'cpuset.cpus') return cpus('AllowedCPUs', value);
  if (file === 'cpuset.mems') return cpus('AllowedMemoryNodes', value);
  const name = UNIFIED[file];
  if (name === undefined) return [];
  const text = value.trim();
  if (text !== 'max' && !/^\d+$/.test(text))
    throw new EngineError('invalid-parameter', `unified resource ${file}: expected a number or max: ${text}`);
  return number(name, text === 'max' ? -1 : BigInt(text));
}

/**
 * What the annotations `org.systemd.property.NAME` ask for, values in GVariant's text format. Names in `Sec` are
 * given to systemd in microseconds.
 * @throws EngineError invalid-parameter
 */
export function annotatedProperties(annotations: Record<string, string> | undefined): Property[] {
  return Object.entries(annotations ?? {}).flatMap(([key, text]) => {
    const name = key.startsWith(ANNOTATION) ? key.slice(ANNOTATION.length) : undefined;
    if (name === undefined) return [];
    if (!/^[A-Za-z]{3,}$/.test(name))
      throw new EngineError('invalid-parameter', `annotation ${key}: invalid name of a systemd property`);
    const variant = parseVariantText(text);
    if (!name.endsWith('Sec') || name.endsWith('USec')) return [[name, variant] as const];
    if (!'ynqiuxtd'.includes(variant.signature))
      throw new EngineError('invalid-parameter', `annotation ${key}: expected a number of seconds`);
    const microseconds = BigInt(Math.round(Number(variant.value) * US_PER_SECOND));
    return [[`${name.slice(0, -'Sec'.length)}USec`, { signature: 't', value: microseconds }] as const];
  });
}

/** What every container's unit has. @param pid of the process that it begins with */
export function unitProperties(options: {
  id: string;
  unit: string;
  slice: string;
  pid: number;
}): Property[] {
  const { id, unit, slice, pid } = options;
  const flag = (name: string, value: boolean): Property => [name, { signature: 'b', value }];
  const isSlice = unit.endsWith('.slice');
  return [
    ['Description', { signature: 's', value: `container ${id}` }],
    isSlice ? ['Wants', { signature: 'as', value: [slice] }] : ['Slice', { signature: 's', value: slice }],
    ...(isSlice ? [] : [flag('Delegate', true), ['PIDs', { signature: 'au', value: [pid] }] as const]),
    ...['MemoryAccounting', 'CPUAccounting', 'IOAccounting', 'TasksAccounting'].map(name => flag(name, true)),
    flag('DefaultDependencies', false),
  ];
}

import { EngineError } from '../base/errors.ts';
import type { Resources } from '../oci/runtime-spec.ts';
import { cpuWeight, ioWeight, swapMax } from './conversions.ts';
import { limit, limitUnlessZero, pidsLimit, type Setting, type Settings } from './settings.ts';
import { rdmaSettings } from './settings-v1.ts';

/**
 * What the resources of a runtime spec are in the control files of cgroup v2
 * (Documentation/admin-guide/cgroup-v2.rst). Devices are not files there (see device-program.ts). What v2
 * has no notion of (swappiness, real-time groups, net_cls) is ignored, as runc does.
 * @throws EngineError invalid-parameter
 */
export function settingsV2(resources: Resources): Settings {
  return new Map([
    ['memory', memory(resources.memory ?? {})],
    ['cpu', cpu(resources.cpu ?? {})],
    ['cpuset', cpuset(resources.cpu ?? {})],
    ['pids', limit('pids.max', pidsLimit(resources.pids?.limit), 'max')],
    ['io', io(resources.blockIO ?? {})],
    ['hugetlb', hugetlb(resources.hugepageLimits ?? [])],
    ['rdma', rdmaSettings(resources.rdma ?? {})],
    ['unified', unified(resources.unified ?? {})],
  ]);
}

function memory(memory: NonNullable<Resources['memory']>): Setting[] {
  const swap = swapMax(memory.swap, memory.limit);
  return [
    // A kernel without swap accounting has no such file; nothing is lost when there was no limit to set.
    ...limit('memory.swap.max', swap, 'max').map(setting => ({
      ...setting,
      optional: swap === -1 || swap === 0,
    })),
    ...limitUnlessZero('memory.max', memory.limit, 'max'),
    ...limitUnlessZero('memory.low', memory.reservation, 'max'),
  ];
}

function cpu(cpu: NonNullable<Resources['cpu']>): Setting[] {
  const weight = cpu.shares ? [{ file: 'cpu.weight', data: String(cpuWeight(Number(cpu.shares))) }] : [];
  const idle = limit('cpu.idle', cpu.idle);
  const max =
    cpu.quota || cpu.period
      ? [
          {
            file: 'cpu.max',
            data: `${cpu.quota && cpu.quota > 0 ? cpu.quota : 'max'} ${cpu.period || 100_000}`,
          },
        ]
      : [];
  return [
    // An idle group refuses a weight.
    ...(cpu.idle === 0 ? [...idle, ...weight] : [...weight, ...idle]),
    ...max,
    ...limit('cpu.max.burst', cpu.burst),
  ];
}

function cpuset({ cpus, mems }: NonNullable<Resources['cpu']>): Setting[] {
  return [
    ...(cpus ? [{ file: 'cpuset.cpus', data: cpus }] : []),
    ...(mems ? [{ file: 'cpuset.mems', data: mems }] : []),
  ];
}

const THROTTLES = [
  ['throttleReadBpsDevice', 'rbps'],
  ['throttleWriteBpsDevice', 'wbps'],
  ['throttleReadIOPSDevice', 'riops'],
  ['throttleWriteIOPSDevice', 'wiops'],
] as const;

/** BFQ keeps v1's range of weights, io.weight has its own; a kernel without either has no weights. */
function io(blockIO: NonNullable<Resources['blockIO']>): Setting[] {
  const weights = (weight: number | undefined, device = ''): Setting[] =>
    weight
      ? [
          { file: 'io.bfq.weight', data: `${device}${weight}`, optional: true },
          { file: 'io.weight', data: `${device}${ioWeight(weight)}`, optional: true },
        ]
      : [];
  return [
    ...weights(blockIO.weight),
    ...(blockIO.weightDevice ?? []).flatMap(({ major, minor, weight }) =>
      weights(weight, `${major}:${minor} `),
    ),
    ...THROTTLES.flatMap(([field, key]) =>
      (blockIO[field] ?? []).map(({ major, minor, rate }) => ({
        file: 'io.max',
        data: `${major}:${minor} ${key}=${rate === 0 ? 'max' : rate}`,
      })),
    ),
  ];
}

function hugetlb(limits: NonNullable<Resources['hugepageLimits']>): Setting[] {
  return limits.flatMap(({ pageSize, limit }) => {
    const data = limit < 0 ? 'max' : String(limit);
    return [
      { file: `hugetlb.${pageSize}.max`, data },
      { file: `hugetlb.${pageSize}.rsvd.max`, data, optional: true },
    ];
  });
}

/** Written last, as they are, a line at a time. */
function unified(entries: Record<string, string>): Setting[] {
  return Object.entries(entries).flatMap(([file, value]) => {
    if (file.includes('/') || !file.includes('.'))
      throw new EngineError(
        'invalid-parameter',
        `unified resource ${JSON.stringify(file)} must be a file name in the form CONTROLLER.PARAMETER`,
      );
    return value.split('\n').flatMap(data => (data === '' ? [] : [{ file, data }]));
  });
}

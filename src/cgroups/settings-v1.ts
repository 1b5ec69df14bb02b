import { EngineError } from '../base/errors.ts';
import { onceForEach } from '../base/once-for-each.ts';
import { deviceAccess } from './device-access.ts';
import type { DeviceRule, Resources, ThrottleDevice } from '../oci/runtime-spec.ts';
import { limit, limitUnlessZero, pidsLimit, type Setting, type Settings } from './settings.ts';

/**
 * What the resources of a runtime spec are in the control files of cgroup v1
 * (Documentation/admin-guide/cgroup-v1), in an order that suits a cgroup just made. Kernel memory limits are
 * ignored, as the kernel does.
 * @throws EngineError invalid-parameter
 */
export function settingsV1(resources: Resources): Settings {
  if (resources.unified && Object.keys(resources.unified).length > 0)
    throw new EngineError('invalid-parameter', 'invalid configuration: cannot use unified on cgroup v1');
  return new Map([
    ['devices', resources.devices ? devices(resources.devices) : []],
    ['memory', memory(resources.memory ?? {})],
    ['cpu', cpu(resources.cpu ?? {})],
    ['cpuset', cpuset(resources.cpu ?? {})],
    ['pids', limit('pids.max', pidsLimit(resources.pids?.limit), 'max')],
    ['blkio', blkio(resources.blockIO ?? {})],
    ['hugetlb', hugetlb(resources.hugepageLimits ?? [])],
    ['net_cls', limitUnlessZero('net_cls.classid', resources.network?.classID)],
    [
      'net_prio',
      (resources.network?.priorities ?? []).map(({ name, priority }) => ({
        file: 'net_prio.ifpriomap',
        data: `${name} ${priority}`,
      })),
    ],
    ['rdma', rdmaSettings(resources.rdma ?? {})],
  ]);
}

/** A cgroup inherits its parent's list: it is emptied (or filled) by `a`, then the exceptions follow. */
const devices = onceForEach((rules: readonly DeviceRule[]): Setting[] => {
  const { defaultAllow, exceptions } = deviceAccess(rules);
  const [every, exception] = defaultAllow ? ['allow', 'deny'] : ['deny', 'allow'];
  const number = (value: number | undefined) => value ?? '*';
  return [
    { file: `devices.${every}`, data: 'a' },
    ...exceptions.map(({ type, major, minor, access }) => ({
      file: `devices.${exception}`,
      data: `${type} ${number(major)}:${number(minor)} ${access}`,
    })),
  ];
});

function memory(memory: NonNullable<Resources['memory']>): Setting[] {
  const { swappiness } = memory;
  if (swappiness !== undefined && swappiness > 100)
    throw new EngineError(
      'invalid-parameter',
      `invalid memory swappiness value: ${swappiness} (valid range is 0-100)`,
    );
  const unlimitedSwap: Setting[] =
    memory.limit === -1 && !memory.swap
      ? [{ file: 'memory.memsw.limit_in_bytes', data: '-1', optional: true }]
      : [];
  return [
    ...limitUnlessZero('memory.limit_in_bytes', memory.limit),
    ...limitUnlessZero('memory.memsw.limit_in_bytes', memory.swap),
    ...unlimitedSwap,
    ...limitUnlessZero('memory.soft_limit_in_bytes', memory.reservation),
    ...(memory.disableOOMKiller ? [{ file: 'memory.oom_control', data: '1' }] : []),
    ...(swappiness === -1 ? [] : limit('memory.swappiness', swappiness)),
  ];
}

function cpu(cpu: NonNullable<Resources['cpu']>): Setting[] {
  const shares = limitUnlessZero('cpu.shares', cpu.shares);
  const idle = limit('cpu.idle', cpu.idle);
  return [
    // An idle group refuses shares.
    ...(cpu.idle === 0 ? [...idle, ...shares] : [...shares, ...idle]),
    ...limitUnlessZero('cpu.cfs_period_us', cpu.period),
    ...limitUnlessZero('cpu.cfs_quota_us', cpu.quota),
    ...limit('cpu.cfs_burst_us', cpu.burst).map(setting => ({ ...setting, optional: true })),
    ...limitUnlessZero('cpu.rt_period_us', cpu.realtimePeriod),
    ...limitUnlessZero('cpu.rt_runtime_us', cpu.realtimeRuntime),
  ];
}

function cpuset({ cpus, mems }: NonNullable<Resources['cpu']>): Setting[] {
  return [
    ...(cpus ? [{ file: 'cpuset.cpus', data: cpus }] : []),
    ...(mems ? [{ file: 'cpuset.mems', data: mems }] : []),
  ];
}

/** Weights go to whichever scheduler's file exists; a kernel without either has no weights. */
function blkio(blockIO: NonNullable<Resources['blockIO']>): Setting[] {
  const weight = (data: string, suffix = ''): Setting[] => [
    { file: `blkio.weight${suffix}`, data, optional: true },
    { file: `blkio.bfq.weight${suffix}`, data, optional: true },
  ];
  const throttle = (name: string, entries: ThrottleDevice[] = []): Setting[] =>
    entries.map(({ major, minor, rate }) => ({
      file: `blkio.throttle.${name}_device`,
      data: `${major}:${minor} ${rate}`,
    }));
  return [
    ...(blockIO.weight ? weight(String(blockIO.weight)) : []),
    ...(blockIO.leafWeight
      ? [{ file: 'blkio.leaf_weight', data: String(blockIO.leafWeight), optional: true }]
      : []),
    ...(blockIO.weightDevice ?? []).flatMap(device => [
      ...(device.weight ? weight(`${device.major}:${device.minor} ${device.weight}`, '_device') : []),
      ...(device.leafWeight
        ? [
            {
              file: 'blkio.leaf_weight_device',
              data: `${device.major}:${device.minor} ${device.leafWeight}`,
              optional: true,
            },
          ]
        : []),
    ]),
    ...throttle('read_bps', blockIO.throttleReadBpsDevice),
    ...throttle('write_bps', blockIO.throttleWriteBpsDevice),
    ...throttle('read_iops', blockIO.throttleReadIOPSDevice),
    ...throttle('write_iops', blockIO.throttleWriteIOPSDevice),
  ];
}

function hugetlb(limits: NonNullable<Resources['hugepageLimits']>): Setting[] {
  return limits.flatMap(({ pageSize, limit }) => [
    { file: `hugetlb.${pageSize}.limit_in_bytes`, data: String(limit) },
    { file: `hugetlb.${pageSize}.rsvd.limit_in_bytes`, data: String(limit), optional: true },
  ]);
}

/** `rdma.max` is the same file in both versions. */
export function rdmaSettings(rdma: NonNullable<Resources['rdma']>): Setting[] {
  return Object.entries(rdma).map(([device, { hcaHandles, hcaObjects }]) => ({
    file: 'rdma.max',
    data: [
      device,
      ...(hcaHandles === undefined ? [] : [`hca_handle=${hcaHandles}`]),
      ...(hcaObjects === undefined ? [] : [`hca_object=${hcaObjects}`]),
    ].join(' '),
  }));
}

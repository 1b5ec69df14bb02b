import type { LimitSupport } from '../container/spec/limit-support.ts';

/** The limits that the kernel and its cgroup controllers cannot set, in dockerd's words and order. */
export function missingLimits(limits: LimitSupport): string[] {
  const isV1 = limits.cgroupVersion === '1';
  const throttle = isV1
    ? ['read_bps', 'write_bps', 'read_iops', 'write_iops'].map(what => `blkio throttle.${what}_device`)
    : ['rbps', 'wbps', 'riops', 'wiops'].map(what => `io.max (${what})`);
  const all: [isThere: boolean, what: string][] = [
    [limits.memory, 'memory limit'],
    [limits.swap, 'swap limit'],
    [limits.kernelMemoryTcp || !isV1, 'kernel memory TCP limit'],
    [limits.oomKillDisable || !isV1, 'oom kill disable'],
    [limits.cpuQuota, 'cpu cfs quota'],
    [limits.cpuQuota, 'cpu cfs period'],
    [limits.cpuShares, 'cpu shares'],
    [limits.cpuset, 'cpuset'],
    [limits.pids, 'pids limit'],
    [limits.blkioWeight || isV1, 'io.weight'],
    [limits.blkioWeightDevice || isV1, 'io.weight (per device)'],
    ...throttle.map(what => [limits.blkioThrottle, what] as [boolean, string]),
  ];
  return all.filter(([isThere]) => !isThere).map(([, what]) => what);
}

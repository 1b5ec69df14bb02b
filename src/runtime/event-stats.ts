import type { CgroupStats, Pressure } from '../cgroups/cgroup-stats.ts';

/** The data of a `stats` event as runc prints it, and containerd's and other clients read it. */
export function eventStats({ cpu, memory, pids, blkio, pressure, cgroupVersion }: CgroupStats) {
  const io = (pick: (entry: CgroupStats['blkio'][number]) => number) =>
    blkio.map(entry => ({ major: entry.major, minor: entry.minor, op: entry.op, value: pick(entry) }));
  const psi = (value: Pressure | undefined) => (value && cgroupVersion === 2 ? { psi: value } : {});
  const limit = Number.isFinite(memory.limitBytes) ? memory.limitBytes : 2 ** 63;
  return {
    cpu: {
      usage: {
        total: Number(cpu.usageNs),
        ...(cpu.perCpuNs ? { percpu: cpu.perCpuNs.map(Number) } : {}),
        kernel: Number(cpu.systemNs),
        user: Number(cpu.userNs),
      },
      throttling: {
        periods: cpu.periods,
        throttledPeriods: cpu.throttledPeriods,
        throttledTime: Number(cpu.throttledNs),
      },
      ...psi(pressure.cpu),
    },
    memory: {
      cache: memory.stat[cgroupVersion === 1 ? 'cache' : 'file'] ?? 0,
      usage: { limit, usage: memory.usageBytes, max: memory.maxUsageBytes, failcnt: memory.failures },
      swap: { limit: 0, failcnt: 0 },
      kernel: { limit: 0, failcnt: 0 },
      kernelTCP: { limit: 0, failcnt: 0 },
      raw: memory.stat,
      ...psi(pressure.memory),
    },
    pids: { current: pids.current, limit: pids.limit },
    blkio: {
      ioServiceBytesRecursive: io(entry => entry.bytes),
      ioServicedRecursive: io(entry => entry.operations),
      ...psi(pressure.io),
    },
    hugetlb: {},
    intel_rdt: {},
    network_interfaces: null,
  };
}

import { existsSync, readdirSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { type CgroupLayout, detectCgroupLayout } from '../../../cgroups/layout.ts';

/** Which limits the kernel and its mounted cgroup controllers can set. */
export type LimitSupport = {
  /** `2` only where no controller is on v1, as Docker counts. */
  cgroupVersion: '1' | '2';
  memory: boolean;
  swap: boolean;
  memoryReservation: boolean;
  swappiness: boolean;
  oomKillDisable: boolean;
  kernelMemoryTcp: boolean;
  cpuShares: boolean;
  cpuQuota: boolean;
  /** Time left unused may be spent later: Linux 5.14. */
  cpuBurst: boolean;
  /** Groups that get only what is left over: Linux 5.15. */
  cpuIdle: boolean;
  cpuset: boolean;
  hugetlb: boolean;
  /** As limits name them: `2MB`, `1GB`. */
  hugePageSizes: readonly string[];
  /** Descriptors of a whole cgroup: openEuler's kernels, on v2. */
  files: boolean;
  /** Processes can ask before they open anything: seccomp's listeners, which can let calls go on since Linux 5.5. */
  filesFilter: boolean;
  /** Programs that decide about sysctls, with a ring buffer for their reports: Linux 5.8, and a v2 hierarchy. */
  sysctlGuard: boolean;
  /** Programs that decide about connections: Linux 4.18, and a v2 hierarchy. */
  networkGuard: boolean;
  /** Pressure of cgroups, by triggers. */
  pressure: boolean;
  pids: boolean;
  blkioWeight: boolean;
  blkioWeightDevice: boolean;
  blkioThrottle: boolean;
};

/** Where it is, cgroups have weights for BFQ, which the topmost one does not show. */
const BFQ_FILE = 'blkio.bfq.io_service_bytes';

/** Reads what the hierarchies have; it does not change while the engine runs. */
export function readLimitSupport(
  layout: CgroupLayout = detectCgroupLayout(),
  exists: (path: string) => boolean = existsSync,
): LimitSupport {
  const v1 = new Map(
    layout.v1.flatMap(({ controllers, mountPoint }) => controllers.map(name => [name, mountPoint])),
  );
  const v2 = new Set(layout.unified?.controllers);
  const has = (controller: string): boolean => v1.has(controller) || v2.has(controller);
  /** The v1 hierarchy has the file; on v2, the controller is enough. */
  const hasFile = (controller: string, file: string): boolean => {
    const mountPoint = v1.get(controller);
    return mountPoint === undefined ? v2.has(controller) : exists(join(mountPoint, file));
  };
  return {
    cgroupVersion: layout.mode === 'v2' ? '2' : '1',
    memory: has('memory'),
    swap: hasFile('memory', 'memory.memsw.limit_in_bytes'),
    memoryReservation: has('memory'),
    swappiness: v1.has('memory') && hasFile('memory', 'memory.swappiness'),
    oomKillDisable: v1.has('memory') && hasFile('memory', 'memory.oom_control'),
    kernelMemoryTcp: v1.has('memory') && hasFile('memory', 'memory.kmem.tcp.limit_in_bytes'),
    cpuShares: has('cpu'),
    cpuQuota: hasFile('cpu', 'cpu.cfs_quota_us'),
    cpuBurst: hasFile('cpu', 'cpu.cfs_quota_us') && isLinux(5, 14),
    cpuIdle: has('cpu') && isLinux(5, 15),
    cpuset: has('cpuset'),
    hugetlb: has('hugetlb'),
    hugePageSizes: hugePageSizes(),
    files: v2.has('files'),
    filesFilter: exists('/proc/sys/kernel/seccomp/actions_avail') && isLinux(5, 5),
    sysctlGuard: layout.unified !== undefined && isLinux(5, 8),
    networkGuard: layout.unified !== undefined,
    pressure: layout.unified !== undefined && exists('/proc/pressure/memory'),
    pids: has('pids'),
    blkioWeight: v2.has('io') || hasFile('blkio', 'blkio.weight') || hasFile('blkio', BFQ_FILE),
    blkioWeightDevice: v2.has('io') || hasFile('blkio', 'blkio.weight_device') || hasFile('blkio', BFQ_FILE),
    blkioThrottle: v2.has('io') || hasFile('blkio', 'blkio.throttle.read_bps_device'),
  };
}

/** From Documentation/admin-guide/mm/hugetlbpage.rst: a directory `hugepages-2048kB` for each size. */
function hugePageSizes(directory = '/sys/kernel/mm/hugepages'): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory).map(name => formatPageSize(Number(/\d+/.exec(name)?.[0])));
}

function formatPageSize(kib: number): string {
  if (kib >= 1 << 20) return `${kib / (1 << 20)}GB`;
  return kib >= 1 << 10 ? `${kib / (1 << 10)}MB` : `${kib}KB`;
}

/** Files of cgroups that the topmost one does not have. */
function isLinux(major: number, minor: number): boolean {
  const [ownMajor = 0, ownMinor = 0] = release()
    .split('.')
    .map(part => Number.parseInt(part, 10));
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}

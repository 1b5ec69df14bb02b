import type { CgroupPaths } from '../../cgroups/cgroup-paths.ts';
import { parseKeyValues } from '../../cgroups/cgroup-stats.ts';
import type { ReadFile } from '../../cgroups/layout.ts';
import { PERIOD_US } from './burst-settings.ts';

/** Where the CPU bandwidth of one cgroup is set. */
export type BandwidthDirectory = { version: 1 | 2; path: string };

/** What is set there; a quota of -1 is no limit. */
export type SetBandwidth = { quotaUs: number; periodUs: number; burstUs: number };

/** Undefined where the machine has no such controller. */
export function bandwidthDirectory({
  v1,
  unified,
  unifiedControllers,
}: CgroupPaths): BandwidthDirectory | undefined {
  if (v1.cpu !== undefined) return { version: 1, path: v1.cpu };
  if (unified === undefined || !unifiedControllers.includes('cpu')) return undefined;
  return { version: 2, path: unified };
}

/** Undefined for a cgroup that has no quota, such as the topmost, or that is gone. */
export function readBandwidth(
  { version, path }: BandwidthDirectory,
  read: ReadFile,
): SetBandwidth | undefined {
  return version === 1 ? readV1(path, read) : readV2(path, read);
}

function readV1(path: string, read: ReadFile): SetBandwidth | undefined {
  const quota = read(`${path}/cpu.cfs_quota_us`);
  if (quota === undefined) return undefined;
  return {
    quotaUs: Number(quota),
    periodUs: Number(read(`${path}/cpu.cfs_period_us`) ?? PERIOD_US),
    burstUs: Number(read(`${path}/cpu.cfs_burst_us`) ?? 0),
  };
}

function readV2(path: string, read: ReadFile): SetBandwidth | undefined {
  const [quota, period] = (read(`${path}/cpu.max`) ?? '').trim().split(' ');
  if (!quota) return undefined;
  return {
    quotaUs: quota === 'max' ? -1 : Number(quota),
    periodUs: Number(period),
    burstUs: Number(read(`${path}/cpu.max.burst`) ?? 0),
  };
}

/** The write that sets a quota or a burst. */
export function bandwidthFile(
  { version, path }: BandwidthDirectory,
  what: 'quota' | 'burst',
  value: { us: number; periodUs: number },
): { path: string; data: string } {
  if (what === 'burst')
    return {
      path: `${path}/${version === 1 ? 'cpu.cfs_burst_us' : 'cpu.max.burst'}`,
      data: String(value.us),
    };
  if (version === 1) return { path: `${path}/cpu.cfs_quota_us`, data: String(value.us) };
  return { path: `${path}/cpu.max`, data: `${value.us < 0 ? 'max' : value.us} ${value.periodUs}` };
}

/** What a container has used by now, and in how many periods it was throttled. */
export type BandwidthUsage = { usageNs: number; throttledPeriods: number };

/** Undefined when it is gone. */
export function readBandwidthUsage({ v1, unified }: CgroupPaths, read: ReadFile): BandwidthUsage | undefined {
  const stat = read(`${v1.cpu ?? unified}/cpu.stat`);
  if (stat === undefined) return undefined;
  const { nr_throttled = 0, usage_usec = 0 } = parseKeyValues(stat);
  const usage =
    v1.cpuacct === undefined ? usage_usec * 1000 : Number(read(`${v1.cpuacct}/cpuacct.usage`) ?? 0);
  return { usageNs: usage, throttledPeriods: nr_throttled };
}

import type { CgroupPaths } from './cgroup-paths.ts';
import type { CgroupStats } from './cgroup-stats.ts';
import type { HeldFiles } from './held-files.ts';
import { readCgroupStats, readCpuUsage, readPressures } from './read-stats.ts';

/** How long what has not run counts as it was. */
const IDLE_MS = 5000;

type Sample = { stats: CgroupStats; usageNs: bigint; atMs: number };

/**
 * Reads the counters of one cgroup over and over. While nothing runs in it, which its CPU time tells, most of them count as
 * they were, for 5 seconds at most: the kernel may still write out what was written, and take memory back.
 */
export class CgroupSampler {
  readonly #paths: CgroupPaths;
  readonly #files: Pick<HeldFiles, 'read' | 'readSettled'>;
  #last: Sample | undefined;

  /** @param files of this cgroup, which the caller closes */
  constructor(paths: CgroupPaths, files: Pick<HeldFiles, 'read' | 'readSettled'>) {
    this.#paths = paths;
    this.#files = files;
  }

  /** What cannot be read counts as 0. */
  sample(nowMs = performance.now()): CgroupStats {
    const { read, readSettled } = this.#files;
    const usageNs = readCpuUsage(this.#paths, read);
    const last = this.#last;
    if (last !== undefined && last.usageNs === usageNs && nowMs - last.atMs < IDLE_MS)
      // Who waits uses no CPU.
      return { ...last.stats, pressure: readPressures(this.#paths, read) };
    const stats = readCgroupStats(this.#paths, read, readSettled);
    this.#last = { stats, usageNs, atMs: nowMs };
    return stats;
  }

  /** The cgroup's settings have been changed. */
  forget(): void {
    this.#last = undefined;
  }
}

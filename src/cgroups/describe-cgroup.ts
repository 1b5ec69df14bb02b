import { readdirSync } from 'node:fs';
import { posix } from 'node:path';
import type { CgroupPaths } from './cgroup-paths.ts';
import { type ReadFile, readHostFile } from './layout.ts';

/** A container's cgroup in one hierarchy. */
export type PlaceSummary = {
  version: 1 | 2;
  controllers: string[];
  directory: string;
  /** Control files that limit something, with what is in them. */
  limits: Record<string, string>;
};

const LIMIT_FILES =
  /^(cpu\.(max|max\.burst|weight|idle|shares|cfs_(quota|period|burst)_us)|cpuset\.(cpus|mems)|memory\.(min|low|high|max|swap\.max|oom\.group|limit_in_bytes|memsw\.limit_in_bytes|soft_limit_in_bytes|swappiness)|io\.(max|weight|bfq\.weight)|blkio\.(weight|bfq\.weight|throttle\.\w+_device)|pids\.max|hugetlb\.\w+\.(max|limit_in_bytes)|freezer\.state|cgroup\.freeze|files\.limit)$/;

/** Where a container is in each hierarchy: controllers that are mounted together have one place. */
export function placesOf({ v1, unified, unifiedControllers }: CgroupPaths): PlaceSummary[] {
  const byDirectory = new Map<string, string[]>();
  for (const [controller, directory] of Object.entries(v1))
    byDirectory.set(directory, [...(byDirectory.get(directory) ?? []), controller]);
  const old = [...byDirectory].map(([directory, controllers]) => describePlace(1, directory, controllers));
  return unified === undefined ? old : [...old, describePlace(2, unified, unifiedControllers)];
}

function describePlace(version: 1 | 2, directory: string, controllers: string[]): PlaceSummary {
  const files = namesIn(directory).filter(name => LIMIT_FILES.test(name));
  const limits = files.flatMap(name => {
    const text = readHostFile(posix.join(directory, name))?.trim() ?? '';
    return text === '' ? [] : [[name, text] as const];
  });
  return { version, controllers, directory, limits: Object.fromEntries(limits) };
}

/** A cgroup with those below it. */
export type CgroupTree = { name: string; pids: number[]; children: CgroupTree[] };

export function treeOf(directory: string, read: ReadFile = readHostFile): CgroupTree {
  const children = childrenOf(directory).map(name => treeOf(posix.join(directory, name), read));
  const pids = (read(posix.join(directory, 'cgroup.procs')) ?? '').split('\n').filter(Boolean).map(Number);
  return { name: posix.basename(directory), pids, children };
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
}

function childrenOf(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter(entry => entry.isDirectory())
      .map(({ name }) => name)
      .sort();
  } catch {
    return [];
  }
}

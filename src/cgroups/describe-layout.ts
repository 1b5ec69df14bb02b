import type { CgroupLayout } from './layout.ts';

export type HierarchySummary = { version: 1 | 2; mountPoint: string; controllers: readonly string[] };

/** What can be limited, by the names of v2; `blkio` is v1's name of `io`. */
const CONTROLLERS = ['cpu', 'cpuset', 'memory', 'io', 'pids', 'hugetlb', 'rdma', 'misc'];

export function hierarchiesOf({ v1, unified }: CgroupLayout): HierarchySummary[] {
  const all = v1.map(({ mountPoint, controllers }) => ({ version: 1 as const, mountPoint, controllers }));
  return unified === undefined
    ? all
    : [...all, { version: 2, mountPoint: unified.mountPoint, controllers: unified.controllers }];
}

/** Controllers that no hierarchy has. */
export function missingControllers(layout: CgroupLayout): string[] {
  const present = new Set(
    hierarchiesOf(layout).flatMap(({ controllers }) =>
      controllers.map(name => (name === 'blkio' ? 'io' : name)),
    ),
  );
  return CONTROLLERS.filter(name => !present.has(name));
}

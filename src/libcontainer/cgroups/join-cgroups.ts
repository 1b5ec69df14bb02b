import type { ChildOperation, JoinChild } from '../plan.ts';
import type { CgroupPaths } from '../../cgroups/cgroup-paths.ts';

export type JoinCgroups = {
  /** The child moves itself into the v1 ones: before it unshares the cgroup namespace or changes its root. */
  join: ChildOperation[];
  /** Instead of `join`, for a child that has no rights to them. */
  joinChild: JoinChild[];
  /** For `clone`: the v2 directory to be born in. */
  cloneInto?: string;
};

/** How a new process comes into existing cgroups. */
export function joinCgroups(paths: CgroupPaths): JoinCgroups {
  const directories = [...new Set(Object.values(paths.v1))];
  return {
    join: directories.map(directory => ({
      op: 'write',
      // A thread that moves itself (0) through `tasks` need not stop the world, as `cgroup.procs` does.
      path: `${directory}/tasks`,
      data: '0',
    })),
    joinChild: directories.map(directory => ({
      op: 'join-child',
      path: `${directory}/tasks`,
    })),
    cloneInto: paths.unified,
  };
}

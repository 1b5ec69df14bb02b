import { settlesWithin } from '../../base/settles-within.ts';
import { Cgroup } from '../../cgroups/cgroup.ts';
import type { CgroupPaths } from '../../cgroups/cgroup-paths.ts';
import type { FreshShim } from './shim-pool.ts';

/** How long a shim may take to end once it has undone what it did. */
const PATIENCE_MS = 2000;

export type AbandonOptions = {
  cgroupPaths: CgroupPaths;
  /** Whether it is killed without waiting for what it may still be doing. */
  atOnce: boolean;
};

/**
 * Ends the shim of a container that has not come about. A shim that failed has undone what it did and ends by itself,
 * one without a container ends with its connection; any other is killed, with what there is of the container.
 */
export async function abandonShim(
  { connection }: FreshShim,
  { cgroupPaths, atOnce }: AbandonOptions,
): Promise<void> {
  connection.socket.end();
  if (atOnce || !(await settlesWithin(connection.closed, PATIENCE_MS))) connection.kill();
  // A process that the kernel does not end must not keep the caller waiting.
  await new Cgroup(cgroupPaths).destroy(PATIENCE_MS).catch(() => false);
  await settlesWithin(connection.closed, PATIENCE_MS);
}

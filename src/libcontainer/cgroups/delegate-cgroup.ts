import { posix } from 'node:path';
import type { ChangeOwner } from '../plan.ts';
import { type ReadFile, readHostFile } from '../../cgroups/layout.ts';

/** For kernels that do not say it themselves (before Linux 4.15). */
const DELEGATED = 'cgroup.procs\ncgroup.subtree_control\ncgroup.threads\n';

/**
 * Gives a v2 cgroup to the root of the user namespace whose processes are in it, so that they can make cgroups
 * below it: the directory, and the files that the kernel names as safe to give away
 * (cgroup-v2.rst, "Model of Delegation"). To its group too: what joins the namespace to execute something may put
 * itself there only where both are of the namespace.
 * @param owner on the host
 */
export function delegateCgroup(
  directory: string,
  owner: { uid: number; gid: number },
  read: ReadFile = readHostFile,
): ChangeOwner[] {
  const files = (read('/sys/kernel/cgroup/delegate') ?? DELEGATED).trim().split('\n');
  return ['', ...files].map(file => ({
    op: 'chown',
    path: posix.join(directory, file),
    ...owner,
    optional: true,
  }));
}

import { setTimeout as delay } from 'node:timers/promises';
import type { Cgroup } from '../../libcontainer/cgroups/cgroup.ts';

const LONGEST_WAIT_MS = 1000;

/**
 * Kills what may still be in a cgroup, and removes it. Does nothing where there is none.
 * @throws EngineError system for processes that the kernel does not let go of
 */
export async function clearCgroup(cgroup: Cgroup): Promise<void> {
  if (!cgroup.exists) return;
  for (let waitMs = 1; waitMs <= LONGEST_WAIT_MS && cgroup.killMembers(); waitMs *= 2) await delay(waitMs);
  cgroup.remove();
}

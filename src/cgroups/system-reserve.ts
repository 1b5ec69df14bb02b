import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { cgroupPaths, settingsFor } from './cgroup-paths.ts';
import { type CgroupLayout, readHostFile } from './layout.ts';
import { writeControl } from './write-control.ts';

/** What is kept from all containers together. */
export type SystemReserve = { cpus: number; memoryBytes: number };

const PERIOD_US = 100_000;

/**
 * Limits the cgroup that containers are in by default to what the machine has less the reserve, now and for those to come.
 * Without a reserve nothing is touched. What has no controller is left out.
 * @param machine.memoryBytes of the whole machine
 * @throws the system's error when the kernel refuses
 */
export function reserveForSystem(
  layout: CgroupLayout,
  parent: string,
  { reserve, machine }: { reserve: SystemReserve; machine: { cpus: number; memoryBytes: number } },
): void {
  if (reserve.cpus === 0 && reserve.memoryBytes === 0) return;
  const paths = cgroupPaths(layout, parent);
  const has = (controller: string) =>
    paths.v1[controller] !== undefined || paths.unifiedControllers.includes(controller);
  const quota = Math.trunc((machine.cpus - reserve.cpus) * PERIOD_US);
  const settings = settingsFor(paths, {
    ...(reserve.cpus > 0 && has('cpu') ? { cpu: { quota, period: PERIOD_US } } : {}),
    ...(reserve.memoryBytes > 0 && has('memory')
      ? { memory: { limit: machine.memoryBytes - reserve.memoryBytes } }
      : {}),
  });
  for (const { path, data, optional } of settings) {
    makeParents(layout, posix.dirname(path), paths.unifiedControllers);
    if (!optional || existsSync(path)) writeControl(path, data);
  }
}

/** On v2 each level gives its controllers to the next. */
function makeParents({ unified }: CgroupLayout, directory: string, controllers: readonly string[]): void {
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  if (unified === undefined || !directory.startsWith(`${unified.mountPoint}/`)) return;
  const names = posix.relative(unified.mountPoint, directory).split('/');
  names.forEach((_, depth) => {
    const above = posix.join(unified.mountPoint, ...names.slice(0, depth));
    const enabled = (readHostFile(posix.join(above, 'cgroup.subtree_control')) ?? '').split(/\s+/);
    const missing = controllers.filter(name => !enabled.includes(name)).map(name => `+${name}`);
    if (missing.length > 0) writeControl(posix.join(above, 'cgroup.subtree_control'), missing.join(' '));
  });
}

/** Of the whole machine, whatever this process may use. */
export function machineCpus(): number {
  return readFileSync('/proc/stat', 'latin1').match(/^cpu\d+ /gm)?.length ?? 1;
}

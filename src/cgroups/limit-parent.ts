import { existsSync, mkdirSync } from 'node:fs';
import { posix } from 'node:path';
import { cgroupPaths, settingsFor } from './cgroup-paths.ts';
import { type CgroupLayout, readHostFile } from './layout.ts';
import type { Resources } from '../oci/runtime-spec.ts';
import { writeControl } from './write-control.ts';

/**
 * Limits the cgroup that others are in, now and for those to come. It is made where there is none; what has no controller
 * is left out.
 * @throws the system's error when the kernel refuses
 */
export function limitParent(layout: CgroupLayout, parent: string, { cpu, memory }: Resources): void {
  const paths = cgroupPaths(layout, parent);
  const has = (controller: string) =>
    paths.v1[controller] !== undefined || paths.unifiedControllers.includes(controller);
  const settings = settingsFor(paths, {
    cpu: has('cpu') ? cpu : undefined,
    memory: has('memory') ? memory : undefined,
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

import { posix } from 'node:path';
import {
  type CgroupPaths,
  cgroupPaths,
  requiredControllers,
  settingsFor,
} from '../../cgroups/cgroup-paths.ts';
import { withDefaultDevices } from '../../cgroups/default-devices.ts';
import { type CgroupLayout, type Hierarchy, type ReadFile, readHostFile } from '../../cgroups/layout.ts';
import type { Resources } from '../../oci/runtime-spec.ts';
import { deviceProgram } from '../device-program.ts';
import type { CleanupOperation, ParentOperation } from '../plan.ts';
import { type JoinCgroups, joinCgroups } from './join-cgroups.ts';

export type CgroupPlan = JoinCgroups & {
  /** Makes the cgroup that the child is born in; before `clone`. */
  birthplace: ParentOperation[];
  /** Makes the others, and sets the limits of all; before the child joins them. */
  parent: ParentOperation[];
  cleanup: CleanupOperation[];
  paths: CgroupPaths;
};

export type CgroupOptions = {
  layout: CgroupLayout;
  /** As in the runtime spec: see {@link cgroupDirectory}. */
  cgroupsPath: string;
  resources?: Resources;
  /** The rules for devices are left out, as only the machine's root can set them. */
  withoutDevices?: boolean;
  /** How the state of parent cgroups is learnt. */
  read?: ReadFile;
};

/**
 * The operations that make a container's cgroups in every hierarchy, set its limits, put it there, and remove
 * them. Parents that are missing are made (and stay). Reads the parents' state, changes nothing.
 * @throws EngineError invalid-parameter
 */
export function planCgroups(options: CgroupOptions): CgroupPlan {
  const { layout, cgroupsPath, resources = {}, withoutDevices = false, read = readHostFile } = options;
  const paths = cgroupPaths(layout, cgroupsPath, resources);
  const rules = withDefaultDevices(resources.devices);
  const settings = settingsFor(paths, { ...resources, devices: withoutDevices ? undefined : rules });
  const directories = [...new Set(Object.values(paths.v1))];
  return {
    birthplace:
      layout.unified && paths.unified
        ? makeUnified(layout, paths, requiredControllers(paths.v1, resources), read)
        : [],
    parent: [
      ...directories.flatMap(directory =>
        directory === paths.v1.cpuset
          ? makeCpuset(hierarchyOf(layout, 'cpuset'), directory, resources.cpu ?? {}, read)
          : [{ op: 'mkdir' as const, path: directory, mode: 0o755 }],
      ),
      ...settings.map(({ path, data, optional }) => ({ op: 'write' as const, path, data, optional })),
      ...(paths.v1.devices === undefined && paths.unified && !withoutDevices
        ? [{ op: 'attach-device-program' as const, path: paths.unified, instructions: deviceProgram(rules) }]
        : []),
    ],
    ...joinCgroups(paths),
    cleanup: cleanup(paths, directories),
    paths,
  };
}

function hierarchyOf(layout: CgroupLayout, controller: string): Hierarchy {
  return layout.v1.find(hierarchy => hierarchy.controllers.includes(controller))!;
}

/** The directories from below the mount point down to `directory`, outermost first. */
function chain(mountPoint: string, directory: string): string[] {
  const names = posix.relative(mountPoint, directory).split('/');
  return names.map((_, index) => posix.join(mountPoint, ...names.slice(0, index + 1)));
}

/**
 * A v1 cpuset starts out empty, and then takes no process: it gets its parent's CPUs and memory nodes, unless it is
 * `given` its own. What an ancestor has already is left alone. Parents that are made here hand theirs down by
 * themselves from then on (cgroup.clone_children, cpusets(7)).
 */
function makeCpuset(
  hierarchy: Hierarchy,
  directory: string,
  given: { cpus?: string; mems?: string },
  read: ReadFile,
): ParentOperation[] {
  const made: ParentOperation = { op: 'mkdir', path: directory, mode: 0o755 };
  const parent = posix.dirname(directory);
  const handsDown = read(posix.join(parent, 'cgroup.clone_children'));
  if (handsDown?.trim() === '1') return [made];
  const operations: ParentOperation[] = [];
  const ancestors = [hierarchy.mountPoint, ...chain(hierarchy.mountPoint, directory)];
  for (const file of ['cpus', 'mems'] as const) {
    // From the leaf up to the nearest that has some; those below it get the same.
    const empty: string[] = [];
    let inherited = '';
    for (const parent of ancestors.slice(0, given[file] ? -1 : undefined).reverse()) {
      inherited = (read(posix.join(parent, `cpuset.${file}`)) ?? '').trim();
      if (inherited !== '') break;
      empty.unshift(parent);
    }
    for (const parent of empty)
      operations.push({ op: 'write', path: posix.join(parent, `cpuset.${file}`), data: inherited });
  }
  if (handsDown === undefined)
    operations.push({
      op: 'write',
      path: posix.join(parent, 'cgroup.clone_children'),
      data: '1',
      optional: true,
    });
  return [made, ...operations];
}

/**
 * Every ancestor must enable a controller for its children before the leaf has it. Who is not the machine's root may
 * enable those that were delegated, so that only what a limit requires must be there. Pure v2 gets all that there are, as
 * with runc: any may be limited later, or by the container itself. Beside v1 they would only make a container's start
 * and end longer.
 */
function makeUnified(
  { mode, unified }: CgroupLayout,
  { unified: directory = '', unifiedControllers }: CgroupPaths,
  required: Set<string>,
  read: ReadFile,
): ParentOperation[] {
  const { mountPoint, controllers } = unified!;
  const wanted = mode === 'v2' ? controllers : unifiedControllers;
  const operations: ParentOperation[] = [];
  for (const path of [mountPoint, ...chain(mountPoint, directory)]) {
    if (path !== mountPoint) operations.push({ op: 'mkdir', path, mode: 0o755 });
    if (path === directory) continue;
    const file = posix.join(path, 'cgroup.subtree_control');
    const enabled = (read(file) ?? '').trim().split(' ');
    const missing = wanted.filter(controller => !enabled.includes(controller));
    const enable = missing.filter(controller => required.has(controller)).map(name => `+${name}`);
    if (enable.length > 0) operations.push({ op: 'write', path: file, data: enable.join(' ') });
    // One by one, as one that cannot be had would keep away the others.
    for (const name of missing)
      if (!required.has(name)) operations.push({ op: 'try-write', path: file, data: `+${name}` });
  }
  return operations;
}

function cleanup(paths: CgroupPaths, directories: string[]): CleanupOperation[] {
  const all = paths.unified ? [paths.unified, ...directories] : directories;
  const kill = paths.unified ?? paths.v1.freezer ?? paths.v1.pids ?? directories[0];
  return [
    ...(kill === undefined ? [] : [{ op: 'kill-cgroup' as const, path: kill }]),
    ...all.map(path => ({ op: 'rmdir' as const, path })),
  ];
}

import { EngineError } from '../base/errors.ts';
import { type CgroupLayout, cgroupDirectory } from './layout.ts';
import type { Resources } from '../oci/runtime-spec.ts';
import type { Setting } from './settings.ts';
import { settingsV1 } from './settings-v1.ts';
import { settingsV2 } from './settings-v2.ts';

/** Where a container's cgroup is: plain data, for the state file. */
export type CgroupPaths = {
  mode: CgroupLayout['mode'];
  /** The directory by controller of cgroup v1 (`name=systemd` for the named hierarchy). */
  v1: Record<string, string>;
  /** The directory in the v2 hierarchy. */
  unified?: string;
  /** Controllers that the cgroup has in the v2 hierarchy, where whoever makes it may enable them. */
  unifiedControllers: string[];
};

/**
 * Controllers of every v2 cgroup of ours: they count what Docker shows, and limit what may be changed while a
 * container runs.
 */
const ACCOUNTING = ['cpuset', 'cpu', 'io', 'memory', 'pids', 'hugetlb'];

/** Where the cgroup that the spec names is in each hierarchy: see {@link cgroupDirectory}. */
export function cgroupPaths(
  layout: CgroupLayout,
  cgroupsPath: string,
  resources: Resources = {},
): CgroupPaths {
  const v1: Record<string, string> = {};
  for (const hierarchy of layout.v1)
    for (const controller of hierarchy.controllers)
      v1[controller] = cgroupDirectory(hierarchy, cgroupsPath, 1);
  const { mode, unified } = layout;
  return {
    mode,
    v1,
    unified: unified && cgroupDirectory(unified, cgroupsPath, 2),
    unifiedControllers: wantedControllers(layout, requiredControllers(v1, resources)),
  };
}

function wantedControllers({ unified }: CgroupLayout, required: Set<string>): string[] {
  const wanted = new Set([...ACCOUNTING, ...required]);
  return unified?.controllers.filter(controller => wanted.has(controller)) ?? [];
}

/** The controllers of cgroup v2 that `resources` cannot be limited without. */
export function requiredControllers(v1: CgroupPaths['v1'], resources: Resources): Set<string> {
  const needed = new Set<string>();
  for (const [controller, list] of settingsV2({ ...onV2(v1, resources), unified: {} }))
    if (list.length > 0) needed.add(controller);
  for (const file of Object.keys(resources.unified ?? {})) needed.add(file.split('.')[0]!);
  return needed;
}

/**
 * Every setting of `resources` as the file to write: in v1 where the controller is there, else in v2.
 * @throws EngineError invalid-parameter, also for a limit whose controller the system does not have
 */
export function settingsFor(paths: CgroupPaths, resources: Resources): (Setting & { path: string })[] {
  const v1 = settingsV1({ ...resources, unified: paths.mode === 'v2' ? {} : resources.unified });
  const v2 = settingsV2(onV2(paths.v1, resources));
  const writes: (Setting & { path: string })[] = [];
  const add = (directory: string, settings: Setting[] = []) => {
    for (const setting of settings) writes.push({ ...setting, path: `${directory}/${setting.file}` });
  };
  for (const [controller, settings] of v1) {
    const newName = controller === 'blkio' ? 'io' : controller;
    if (paths.v1[controller] !== undefined) add(paths.v1[controller], settings);
    else if (paths.unified && paths.unifiedControllers.includes(newName)) add(paths.unified, v2.get(newName));
    else if (!isIgnored(controller, paths) && settings.some(setting => !setting.optional))
      throw new EngineError(
        'invalid-parameter',
        `cannot set ${controller} limit: container could not join or create cgroup`,
        { hint: `The ${controller} cgroup controller is not available on this system.` },
      );
  }
  for (const setting of v2.get('unified') ?? []) {
    const [controller = ''] = setting.file.split('.');
    if (paths.v1[controller] !== undefined || !paths.unified)
      throw new EngineError(
        'invalid-parameter',
        `invalid configuration: cannot use cgroup v2 unified resource ${setting.file}: the ${controller} controller is on cgroup v1`,
      );
    add(paths.unified, [setting]);
  }
  return writes;
}

/** What v2 would not take need not trouble a system that has its controller on v1. */
function onV2(v1: CgroupPaths['v1'], resources: Resources): Resources {
  return v1.memory === undefined ? resources : { ...resources, memory: {} };
}

/** v2 has device programs instead of a controller, and no notion of the network ones. */
function isIgnored(controller: string, paths: CgroupPaths): boolean {
  if (controller === 'devices') return paths.unified !== undefined;
  return paths.mode === 'v2' && (controller === 'net_cls' || controller === 'net_prio');
}

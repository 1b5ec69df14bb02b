import { EngineError } from '../../base/errors.ts';
import { Cgroup } from '../../cgroups/cgroup.ts';
import { limitParent } from '../../cgroups/limit-parent.ts';
import type { CgroupLayout } from '../../cgroups/layout.ts';
import type { Resources } from '../../oci/runtime-spec.ts';
import type { CreateOptions, Task } from '../driver.ts';
import { limitSlice, type Scope, startScope, withEarlyLimits } from './systemd/scope.ts';
import { systemdRuns } from './systemd/unit-manager.ts';
import { unitNameOf, unitPath } from './systemd/unit-name.ts';

export type CgroupDriver = 'cgroupfs' | 'systemd';

type Make = (options: CreateOptions, scope?: Scope) => Promise<Task>;

/** Who makes the cgroups of containers. */
export type CgroupManager = {
  /** Where the cgroup is that a spec names, from the top of each hierarchy. @throws EngineError invalid-parameter */
  path(cgroupsPath: string): string;
  /** Has `make` make a container in the cgroup that its spec names. */
  create(options: CreateOptions, make: Make): Promise<Task>;
  limitParent(parent: string, resources: Resources): Promise<void>;
};

/** @throws EngineError unavailable for `systemd` on a machine that it does not run on */
export function cgroupManager(
  driver: CgroupDriver,
  { shimPath, layout }: { shimPath: string; layout: CgroupLayout },
): CgroupManager {
  if (driver === 'cgroupfs')
    return {
      path: cgroupsPath => cgroupsPath,
      create: async (options, make) => make(options),
      limitParent: async (parent, resources) => limitParent(layout, parent, resources),
    };
  if (!systemdRuns())
    throw new EngineError('unavailable', "the cgroup driver systemd needs systemd as this machine's init", {
      hint: 'Leave --exec-opt native.cgroupdriver=systemd (exec-opts in the configuration) out.',
    });
  const unified = layout.mode === 'v2';
  return {
    path: cgroupsPath => unitPath(unitNameOf(cgroupsPath, '', false)),
    create: (options, make) => createInScope(options, { make, shimPath, unified }),
    limitParent: (parent, resources) => limitSlice(parent, resources, unified),
  };
}

/** The container's process waits until its unit has all limits, whatever the caller said of its start. */
async function createInScope(
  options: CreateOptions,
  { make, shimPath, unified }: { make: Make; shimPath: string; unified: boolean },
): Promise<Task> {
  const { id, spec } = options;
  const name = unitNameOf(spec.linux?.cgroupsPath ?? '', id, false);
  const scope: Scope = { ...name, rootless: false };
  const started = await startScope(scope, {
    id,
    spec,
    shimPath,
    unified,
    withoutDevices: false,
    replaces: true,
  });
  let task: Task | undefined;
  try {
    const placed = withCgroup({ ...options, spec: withEarlyLimits(spec), start: false }, unitPath(name));
    task = await make(placed, scope);
    await started.settle(new Cgroup(task.cgroupPaths));
    return task;
  } catch (error) {
    await task?.remove();
    await started.stop();
    throw error;
  }
}

/** The same, in that cgroup. */
export function withCgroup(options: CreateOptions, cgroupsPath: string): CreateOptions {
  const { spec } = options;
  return { ...options, spec: { ...spec, linux: { ...spec.linux, cgroupsPath } } };
}

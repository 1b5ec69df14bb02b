import { closeSync } from 'node:fs';
import { posix } from 'node:path';
import { EngineError } from '../../base/errors.ts';
import { startShim } from '../../execdriver/native/start-shim.ts';
import { syscallResult } from '../../kernel/libc.ffi.ts';
import type { Cgroup } from '../../cgroups/cgroup.ts';
import { withDefaultDevices } from '../../cgroups/default-devices.ts';
import type { Resources, Spec } from '../../oci/runtime-spec.ts';
import { deviceProperties } from './device-properties.ts';
import { annotatedProperties, limitProperties, unitProperties } from './scope-properties.ts';
import { slicePath, type UnitName, unitNameOf } from './unit-name.ts';
import { systemdRuns, UnitManager } from './unit-manager.ts';

/** A container's unit: what is kept of it. */
export type Scope = UnitName & {
  /** The scope is one of the user's own manager. */
  rootless: boolean;
};

/** Where a container's unit is and will have its cgroup. @throws EngineError invalid-parameter, unavailable */
export function scopeOf(
  { linux }: Spec,
  id: string,
  rootless: boolean,
): { scope: Scope; cgroupsPath: string } {
  if (!systemdRuns())
    throw new EngineError(
      'unavailable',
      'systemd cgroup flag passed, but systemd support for managing cgroups is not available',
      { hint: 'Use cgroupfs paths: without --systemd-cgroup, podman --cgroup-manager=cgroupfs.' },
    );
  const name = unitNameOf(linux?.cgroupsPath ?? '', id, rootless);
  const top = rootless ? withManager(true, manager => manager.controlGroup()) : '/';
  return {
    scope: { ...name, rootless },
    cgroupsPath: posix.join(top, slicePath(name.slice), name.unit),
  };
}

/** A unit with a process of ours in it, which keeps it until the container's own is there. */
export type StartedScope = {
  /** Ends that process, and sets the limits that it and the steps of creation would come up against. */
  settle(cgroup: Cgroup): void;
  /** Ends it and the unit. Idempotent. */
  stop(): void;
};

/** @throws EngineError; then there is no unit */
export function startScope(
  scope: Scope,
  options: { id: string; spec: Spec; shimPath: string; unified: boolean; withoutDevices: boolean },
): StartedScope {
  const { id, spec, shimPath, unified, withoutDevices } = options;
  const resources = spec.linux?.resources ?? {};
  const limits = limitProperties(withoutPids(resources), unified);
  const rules = withDefaultDevices(resources.devices);
  const devices = withoutDevices ? [] : deviceProperties(rules, unified);
  const annotated = annotatedProperties(spec.annotations);
  const placeholder = startShim({ path: shimPath, containerId: id, descriptors: [] });
  let released = false;
  const release = () => {
    if (released) return;
    released = true;
    closeSync(placeholder.socket);
    syscallResult('wait4', placeholder.pid, null, 0, null);
  };
  try {
    withManager(scope.rootless, manager => {
      const own = unitProperties({ id, ...scope, pid: placeholder.pid });
      manager.startTransient(scope.unit, [...own, ...limits, ...devices, ...annotated]);
    });
    const stop = () => {
      release();
      stopScope(scope);
    };
    const settle = (cgroup: Cgroup) => {
      release();
      updateScope(scope, pidsOf(resources), unified);
      cgroup.update(pidsOf(resources));
    };
    return { settle, stop };
  } catch (error) {
    release();
    throw error;
  }
}

const PIDS_FILE = 'pids.max';

/** What a unit may have before its container is there: the placeholder counts, too, and the steps of creation. */
export function withoutPids({ unified = {}, ...resources }: Resources): Resources {
  const rest = Object.entries(unified).filter(([file]) => file !== PIDS_FILE);
  return { ...resources, pids: undefined, unified: Object.fromEntries(rest) };
}

function pidsOf({ pids, unified = {} }: Resources): Resources {
  const max = unified[PIDS_FILE];
  return { pids, unified: max === undefined ? {} : { [PIDS_FILE]: max } };
}

/** Idempotent. @throws EngineError */
export function stopScope({ unit, rootless }: Scope): void {
  withManager(rootless, manager => manager.stop(unit));
}

/** @throws EngineError */
export function updateScope({ unit, rootless }: Scope, resources: Resources, unified: boolean): void {
  const properties = limitProperties(resources, unified);
  if (properties.length > 0) withManager(rootless, manager => manager.setProperties(unit, properties));
}

function withManager<T>(rootless: boolean, task: (manager: UnitManager) => T): T {
  const manager = new UnitManager(rootless);
  try {
    return task(manager);
  } finally {
    manager.close();
  }
}

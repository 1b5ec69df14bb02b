import { closeSync } from 'node:fs';
import { posix } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { EngineError } from '../../../base/errors.ts';
import { type StartedShim, startShimAsync } from '../start-shim.ts';
import { syscallResult } from '../../../kernel/libc.ffi.ts';
import type { Cgroup } from '../../../cgroups/cgroup.ts';
import { withDefaultDevices } from '../../../cgroups/default-devices.ts';
import type { Resources, Spec } from '../../../oci/runtime-spec.ts';
import { deviceProperties } from './device-properties.ts';
import type { BusError } from './bus.ts';
import { annotatedProperties, limitProperties, unitProperties } from './scope-properties.ts';
import { type UnitName, unitNameOf, unitPath } from './unit-name.ts';
import { type Property, systemdRuns, UNIT_EXISTS, UnitManager } from './unit-manager.ts';

const WNOHANG = 1;
const MAX_WAIT_MS = 100;

/** A container's unit: what is kept of it. */
export type Scope = UnitName & {
  /** The scope is one of the user's own manager. */
  rootless: boolean;
};

/** Where a container's unit is and will have its cgroup. @throws EngineError invalid-parameter, unavailable */
export async function scopeOf(
  cgroupsPath: string | undefined,
  id: string,
  rootless: boolean,
): Promise<{ scope: Scope; cgroupsPath: string }> {
  if (!systemdRuns())
    throw new EngineError(
      'unavailable',
      'systemd cgroup flag passed, but systemd support for managing cgroups is not available',
      { hint: 'Use cgroupfs paths: without --systemd-cgroup, podman --cgroup-manager=cgroupfs.' },
    );
  const name = unitNameOf(cgroupsPath ?? '', id, rootless);
  const top = rootless ? await withManager(true, manager => manager.controlGroup()) : '/';
  return { scope: { ...name, rootless }, cgroupsPath: posix.join(top, unitPath(name)) };
}

/** A unit with a process of ours in it, which keeps it until the container's own is there. */
export type StartedScope = {
  /** Ends that process, and sets the limits that it and the steps of creation would come up against. */
  settle(cgroup: Cgroup): Promise<void>;
  /** Ends it and the unit. Idempotent. */
  stop(): Promise<void>;
};

export type ScopeOptions = {
  id: string;
  spec: Spec;
  shimPath: string;
  unified: boolean;
  withoutDevices: boolean;
  /** What is left of a unit of this name is ended first, and this one is forgotten when it ends, also when it fails. */
  replaces?: boolean;
};

/** @throws EngineError; then there is no unit */
export async function startScope(scope: Scope, options: ScopeOptions): Promise<StartedScope> {
  const { id, spec, unified } = options;
  const resources = spec.linux?.resources ?? {};
  const placeholder = await startShimAsync({ path: options.shimPath, containerId: id, descriptors: [] });
  let released: Promise<void> | undefined;
  const release = async () => {
    released ??= endPlaceholder(placeholder);
    await released;
  };
  try {
    const properties = [
      ...unitProperties({ id, ...scope, pid: placeholder.pid }),
      ...scopeProperties(options),
    ];
    await withManager(scope.rootless, manager =>
      manager.startTransient(scope.unit, properties).catch(async error => {
        if (!options.replaces || (error as BusError).busName !== UNIT_EXISTS) throw error;
        await manager.stop(scope.unit);
        await manager.startTransient(scope.unit, properties);
      }),
    );
    const stop = async () => {
      await release();
      await stopScope(scope);
    };
    const settle = async (cgroup: Cgroup) => {
      await release();
      await updateScope(scope, pidsOf(resources), unified);
      cgroup.update(pidsOf(resources));
    };
    return { settle, stop };
  } catch (error) {
    await release();
    throw error;
  }
}

/** A shim ends with its connection. */
async function endPlaceholder({ pid, socket }: StartedShim): Promise<void> {
  closeSync(socket);
  for (let waitMs = 1; syscallResult('wait4', pid, null, WNOHANG, null) === 0; waitMs *= 2)
    await delay(Math.min(waitMs, MAX_WAIT_MS));
}

/** What the spec says of the unit. */
function scopeProperties({ spec, unified, withoutDevices, replaces }: ScopeOptions): Property[] {
  const resources = spec.linux?.resources ?? {};
  const rules = withDefaultDevices(resources.devices);
  return [
    ...limitProperties(withoutPids(resources), unified),
    ...(withoutDevices ? [] : deviceProperties(rules, unified)),
    ...(replaces ? [COLLECTED] : []),
    ...annotatedProperties(spec.annotations),
  ];
}

const COLLECTED: Property = ['CollectMode', { signature: 's', value: 'inactive-or-failed' }];
const PIDS_FILE = 'pids.max';

/** What a unit may have before its container is there: the placeholder counts, too, and the steps of creation. */
export function withEarlyLimits({ linux, ...spec }: Spec): Spec {
  return { ...spec, linux: linux && { ...linux, resources: withoutPids(linux.resources ?? {}) } };
}

function withoutPids({ unified = {}, ...resources }: Resources): Resources {
  const rest = Object.entries(unified).filter(([file]) => file !== PIDS_FILE);
  return { ...resources, pids: undefined, unified: Object.fromEntries(rest) };
}

function pidsOf({ pids, unified = {} }: Resources): Resources {
  const max = unified[PIDS_FILE];
  return { pids, unified: max === undefined ? {} : { [PIDS_FILE]: max } };
}

/** Idempotent. @throws EngineError */
export async function stopScope({ unit, rootless }: Scope): Promise<void> {
  await withManager(rootless, manager => manager.stop(unit));
}

/** @throws EngineError */
export async function updateScope(
  { unit, rootless }: Scope,
  resources: Resources,
  unified: boolean,
): Promise<void> {
  const properties = limitProperties(resources, unified);
  if (properties.length === 0) return;
  await withManager(rootless, manager => manager.setProperties(unit, properties));
}

/** Limits a slice, which is made where there is none. @throws EngineError */
export async function limitSlice(slice: string, resources: Resources, unified: boolean): Promise<void> {
  const properties = limitProperties(resources, unified);
  await withManager(false, async manager => {
    await manager.startTransient(slice, properties).catch(error => {
      if ((error as BusError).busName !== UNIT_EXISTS) throw error;
    });
    await manager.setProperties(slice, properties);
  });
}

/** systemd keeps quota and period, and memory and swap, together: what is not given of them is as it was. */
export function forUnit(before: Resources = {}, { cpu, memory, ...given }: Resources): Resources {
  return {
    ...given,
    cpu: cpu && { quota: before.cpu?.quota, period: before.cpu?.period, ...cpu },
    memory: memory && { ...(memory.swap && !memory.limit ? { limit: before.memory?.limit } : {}), ...memory },
  };
}

async function withManager<T>(rootless: boolean, task: (manager: UnitManager) => Promise<T>): Promise<T> {
  const manager = await UnitManager.connect(rootless);
  try {
    return await task(manager);
  } finally {
    manager.close();
  }
}

import { accessSync, constants, readFileSync } from 'node:fs';
import { type CgroupLayout, cgroupDirectory, detectCgroupLayout } from '../cgroups/layout.ts';
import type { Spec } from '../oci/runtime-spec.ts';
import type { RuntimeContext } from './command.ts';
import { type Scope, scopeOf } from '../execdriver/native/systemd/scope.ts';

export type ContainerCgroups = {
  layout: CgroupLayout;
  path: string;
  /** It has none. */
  without: boolean;
  /** It has no rules for devices. */
  withoutDevices: boolean;
  /** systemd makes it, as a unit. */
  scope?: Scope;
};

/**
 * Where a container's cgroup goes. Without privileges it has none, unless a hierarchy was delegated to us.
 * @throws EngineError invalid-parameter, unavailable without systemd where it is asked for
 */
export async function cgroupsFor(context: RuntimeContext, id: string, spec: Spec): Promise<ContainerCgroups> {
  const layout = detectCgroupLayout();
  const withoutDevices = !isMachinesRoot();
  if (context.systemdCgroup) {
    const { scope, cgroupsPath } = await scopeOf(spec.linux?.cgroupsPath, id, context.rootless);
    return { layout, path: cgroupsPath, without: false, withoutDevices, scope };
  }
  const path = spec.linux?.cgroupsPath || `/${id}`;
  const without = context.withoutCgroups || (context.rootless && !mayWrite(layout, path));
  return { layout, path, without, withoutDevices };
}

/** Other users may not load the programs that decide about devices, or write the files of cgroup v1 that do. */
function isMachinesRoot(): boolean {
  if (process.geteuid?.() !== 0) return false;
  return /^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'utf8'));
}

function mayWrite({ v1, unified }: CgroupLayout, path: string): boolean {
  const places = [
    ...v1.map(one => cgroupDirectory(one, path, 1)),
    ...(unified ? [cgroupDirectory(unified, path, 2)] : []),
  ];
  return places.every(place => {
    for (
      let directory = place;
      directory !== '/';
      directory = directory.slice(0, directory.lastIndexOf('/')) || '/'
    ) {
      try {
        accessSync(directory, constants.W_OK);
        return true;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return false;
      }
    }
    return false;
  });
}

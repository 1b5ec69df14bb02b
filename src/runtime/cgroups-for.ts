import { accessSync, constants } from 'node:fs';
import { type CgroupLayout, cgroupDirectory, detectCgroupLayout } from '../libcontainer/cgroups/layout.ts';
import type { Spec } from '../libcontainer/spec.ts';
import type { RuntimeContext } from './command.ts';
import { type Scope, scopeOf } from './systemd/scope.ts';

export type ContainerCgroups = {
  layout: CgroupLayout;
  path: string;
  /** It has none. */
  without: boolean;
  /** systemd makes it, as a unit. */
  scope?: Scope;
};

/**
 * Where a container's cgroup goes. Without privileges it has none, unless somebody gave us a hierarchy to write.
 * @throws EngineError invalid-parameter, unavailable without systemd where it is asked for
 */
export function cgroupsFor(context: RuntimeContext, id: string, spec: Spec): ContainerCgroups {
  const layout = detectCgroupLayout();
  if (context.systemdCgroup) {
    const { scope, cgroupsPath } = scopeOf(spec, id, context.rootless);
    return { layout, path: cgroupsPath, without: false, scope };
  }
  const path = spec.linux?.cgroupsPath || `/${id}`;
  return { layout, path, without: context.withoutCgroups || (context.rootless && !mayWrite(layout, path)) };
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

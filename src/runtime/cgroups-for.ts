import { accessSync, constants } from 'node:fs';
import { EngineError } from '../base/errors.ts';
import { type CgroupLayout, cgroupDirectory, detectCgroupLayout } from '../libcontainer/cgroups/layout.ts';
import type { Spec } from '../libcontainer/spec.ts';
import type { RuntimeContext } from './command.ts';

/**
 * Where a container's cgroup goes. Without privileges it has none, unless somebody gave us a hierarchy to write.
 * @throws EngineError invalid-parameter
 */
export function cgroupsFor(
  context: RuntimeContext,
  id: string,
  { linux }: Spec,
): { layout: CgroupLayout; path: string; without: boolean } {
  if (context.systemdCgroup)
    throw new EngineError(
      'invalid-parameter',
      'systemd cgroup flag passed, but systemd support for managing cgroups is not available',
      { hint: 'Use cgroupfs paths: without --systemd-cgroup, podman --cgroup-manager=cgroupfs.' },
    );
  const layout = detectCgroupLayout();
  const path = linux?.cgroupsPath || `/${id}`;
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

import { readFileSync } from 'node:fs';
import type { CgroupNode, CgroupOverview, ContainerCgroup } from '../../../api/cgroups.ts';
import type { CgroupPaths } from '../../../cgroups/cgroup-paths.ts';
import { type CgroupTree, placesOf, treeOf } from '../../../cgroups/describe-cgroup.ts';
import { hierarchiesOf, missingControllers } from '../../../cgroups/describe-layout.ts';
import { type CgroupLayout, detectCgroupLayout } from '../../../cgroups/layout.ts';
import type { Container } from '../../model/container.ts';
import { conflict } from '../../model/errors.ts';
import type { Daemon } from '../daemon.ts';

/** The machine's hierarchies, what they lack, and where containers are in them. */
export async function describeCgroups(daemon: Daemon): Promise<CgroupOverview> {
  const layout = detectCgroupLayout();
  const running = daemon.containers
    .all()
    .flatMap(({ id, name, runtime }) => (runtime === undefined ? [] : [{ id, name, runtime }]));
  return {
    Mode: layout.mode,
    Hierarchies: hierarchiesOf(layout).map(({ version, mountPoint, controllers }) => ({
      Version: version,
      MountPoint: mountPoint,
      Controllers: [...controllers],
    })),
    Missing: missingControllers(layout),
    Containers: await Promise.all(
      running.map(async ({ id, name, runtime }) => ({
        Id: id,
        Name: name,
        Path: pathBelowMount(runtime.cgroupPaths, layout),
        Processes: (await runtime.pids()).length,
      })),
    ),
  };
}

/** The same in every hierarchy. */
function pathBelowMount({ v1, unified }: CgroupPaths, layout: CgroupLayout): string {
  const [directory = ''] = unified === undefined ? Object.values(v1) : [unified];
  const mount = hierarchiesOf(layout).find(({ mountPoint }) => directory.startsWith(`${mountPoint}/`));
  return mount === undefined ? directory : directory.slice(mount.mountPoint.length);
}

/** A container's place in each hierarchy, its limits and its processes. @throws EngineError conflict when it does not run */
export function describeContainerCgroup({ id, name, runtime }: Container): ContainerCgroup {
  if (runtime === undefined) throw conflict(`container ${id} is not running`);
  return {
    Id: id,
    Name: name,
    Places: placesOf(runtime.cgroupPaths).map(({ version, controllers, directory, limits }) => ({
      Version: version,
      Controllers: controllers,
      Directory: directory,
      Limits: limits,
      Tree: nodeOf(treeOf(directory)),
    })),
  };
}

function nodeOf({ name, pids, children }: CgroupTree): CgroupNode {
  return {
    Name: name,
    Processes: pids.map(pid => ({ Pid: pid, Command: commandOf(pid) })),
    Children: children.map(nodeOf),
  };
}

/** The kernel's short name, whose reading never blocks, in contrast to the command line's. */
function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return '';
  }
}

import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { EngineError } from '../base/errors.ts';
import { detectCgroupLayout, readHostFile } from '../cgroups/layout.ts';
import type { CgroupPaths } from '../cgroups/cgroup-paths.ts';
import type { ContainerRecord } from './container-record.ts';

/** cgroup v2: with one of these enabled for its children, a cgroup takes no processes itself. */
const DOMAIN_CONTROLLERS = new Set(['memory', 'io', 'hugetlb', 'rdma', 'misc']);

/**
 * Where an exec'd process goes: into the cgroups below the container's that `--cgroup` names, each
 * `[CONTROLLER,…:]PATH`, without a controller for all that are not named. When nothing is given: into the
 * container's own, or, where that has become the parent of others and takes no process (v2), to its init.
 * @throws EngineError invalid-parameter for one that does not exist, conflict for one that takes no process
 */
export function execCgroup({ cgroupPaths, pid }: ContainerRecord, given: readonly string[]): CgroupPaths {
  const paths = below(cgroupPaths, given);
  if (!paths.unified || takesProcesses(paths.unified)) return paths;
  if (given.length > 0) throw cannotJoin(paths.unified, 'device or resource busy', 'conflict');
  return { ...paths, unified: cgroupOf(pid) };
}

function below(paths: CgroupPaths, given: readonly string[]): CgroupPaths {
  let { unified } = paths;
  const v1 = { ...paths.v1 };
  for (const entry of given) {
    const [, controllers, path = ''] = /^(?:([^/:]*):)?(.*)$/.exec(entry) ?? [];
    for (const name of controllers ? controllers.split(',') : Object.keys(v1)) {
      if (!Object.hasOwn(v1, name))
        throw new EngineError('invalid-parameter', `unknown controller ${name} in sub-cgroup ${entry}`);
      v1[name] = existing(paths.v1[name]!, path);
    }
    if (!controllers && paths.mode === 'v2' && paths.unified) unified = existing(paths.unified, path);
  }
  return { ...paths, v1, unified };
}

function existing(directory: string, inside: string): string {
  const path = posix.join(directory, inside).replace(/\/$/, '');
  if (path !== directory && !path.startsWith(`${directory}/`))
    throw new EngineError('invalid-parameter', `bad sub cgroup path: ${inside} is not a sub cgroup path`);
  if (!existsSync(path)) throw cannotJoin(path, 'no such file or directory', 'invalid-parameter');
  return path;
}

function cannotJoin(path: string, reason: string, kind: 'invalid-parameter' | 'conflict'): EngineError {
  return new EngineError(kind, `error adding pid of the process to cgroups: ${path}/cgroup.procs: ${reason}`);
}

function takesProcesses(directory: string): boolean {
  const enabled = (readHostFile(posix.join(directory, 'cgroup.subtree_control')) ?? '').trim().split(' ');
  return !enabled.some(controller => DOMAIN_CONTROLLERS.has(controller));
}

/** The v2 cgroup of a process. */
function cgroupOf(pid: number): string {
  const [, path = '/'] = /^0::(.*)$/m.exec(readHostFile(`/proc/${pid}/cgroup`) ?? '') ?? [];
  const { mountPoint, root } = detectCgroupLayout().unified!;
  return posix.join(mountPoint, posix.relative(root, path));
}

import { decodeJson, encodeJson } from '../base/exact-json.ts';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectories } from '../base/make-directories.ts';
import { EngineError, errorCode } from '../base/errors.ts';
import { Cgroup } from '../cgroups/cgroup.ts';
import type { CgroupPaths } from '../cgroups/cgroup-paths.ts';
import type { CleanupOperation } from '../libcontainer/plan.ts';
import type { Scope } from '../execdriver/native/systemd/scope.ts';
import type { Spec } from '../oci/runtime-spec.ts';

/** What is kept of a container: `state.json` in its directory below the root. */
export type ContainerRecord = {
  id: string;
  bundle: string;
  rootfs: string;
  spec: Spec;
  pid: number;
  /** Clock ticks since boot, field 22 of /proc/PID/stat: tells the process from a later one of the same pid. */
  startTicks: string;
  /** RFC 3339. */
  created: string;
  owner: string;
  cgroupPaths: CgroupPaths;
  cleanup: CleanupOperation[];
  /** Where systemd made its cgroup. */
  scope?: Scope;
};

export type ContainerStatus = 'creating' | 'created' | 'running' | 'paused' | 'stopped';

/** The FIFO that a created container waits at. */
const FIFO = 'exec.fifo';

/** @throws EngineError invalid-parameter */
export function containerDirectory(root: string, id: string): string {
  if (id === '') throw new EngineError('invalid-parameter', 'container id cannot be empty');
  if (!/^[\w+.-]+$/.test(id) || id === '.' || id === '..')
    throw new EngineError('invalid-parameter', 'invalid container ID format');
  return join(root, id);
}

export function fifoPath(root: string, id: string): string {
  return join(containerDirectory(root, id), FIFO);
}

/** Claims the id. @throws EngineError conflict, invalid-parameter */
export function claimDirectory(root: string, id: string): string {
  const directory = containerDirectory(root, id);
  makeDirectories(root, 0o700);
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    throw new EngineError('conflict', 'container with given ID already exists');
  }
  return directory;
}

export function writeRecord(root: string, record: ContainerRecord): void {
  const path = join(containerDirectory(root, record.id), 'state.json');
  writeFileSync(`${path}.new`, encodeJson(record), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** @throws EngineError not-found */
export function readRecord(root: string, id: string): ContainerRecord {
  const directory = containerDirectory(root, id);
  try {
    return decodeJson(readFileSync(join(directory, 'state.json'), 'utf8')) as ContainerRecord;
  } catch (error) {
    if (errorCode(error) !== 'ENOENT' && errorCode(error) !== 'ENOTDIR') throw error;
    throw new EngineError('not-found', 'container does not exist');
  }
}

/**
 * All containers below the root; those half made are left out.
 * @throws Node's error when it cannot be read; ENOENT before anything was made
 */
export function listRecords(root: string): ContainerRecord[] {
  return readdirSync(root).flatMap(name => {
    try {
      return [readRecord(root, name)];
    } catch {
      return [];
    }
  });
}

export function removeRecord(root: string, id: string): void {
  rmSync(containerDirectory(root, id), { recursive: true, force: true });
}

/** As the kernel has it at this moment. */
export function statusOf(root: string, record: ContainerRecord): ContainerStatus {
  if (startTicksOf(record.pid) !== record.startTicks) return 'stopped';
  if (existsSync(fifoPath(root, record.id))) return 'created';
  return new Cgroup(record.cgroupPaths).frozen ? 'paused' : 'running';
}

/** undefined for a process that has ended, even if it has not been reaped. */
export function startTicksOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** The state of runtime.md, "State", as runc prints it; the pid is 0 once it has ended. */
export function stateOf(root: string, record: ContainerRecord) {
  const status = statusOf(root, record);
  const { id, bundle, rootfs, created, owner, spec } = record;
  return {
    ociVersion: spec.ociVersion,
    id,
    pid: status === 'stopped' ? 0 : record.pid,
    status,
    bundle,
    rootfs,
    created,
    ...(spec.annotations ? { annotations: spec.annotations } : {}),
    owner,
  };
}

import { rmdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type EngineError, messageOf } from '../base/errors.ts';
import { cstring, syscallResult } from '../kernel/libc.ffi.ts';
import { Cgroup } from '../cgroups/cgroup.ts';
import type { RuntimeContext } from './command.ts';
import { type ContainerRecord, removeRecord, startTicksOf, stateOf } from './container-record.ts';
import { runHooks } from './hooks.ts';
import { stopScope } from '../execdriver/native/systemd/scope.ts';
import { printError } from './print.ts';

const END_PATIENCE_MS = 10_000;
const MNT_DETACH = 2;
const SIGKILL = 9;

/** Kills what is left of a container, and removes every trace of it. */
export async function removeContainer({ root }: RuntimeContext, record: ContainerRecord): Promise<void> {
  await killAll(record);
  await awaitEnd(record);
  if (record.scope) await stopScope(record.scope);
  const cgroup = new Cgroup(record.cgroupPaths);
  if (cgroup.exists) cgroup.remove();
  for (const operation of record.cleanup) if (operation.op === 'rmdir') removeDirectory(operation.path);
  releaseMounts(record);
  const state = { ...stateOf(root, record), status: 'stopped', pid: 0 };
  removeRecord(root, record.id);
  runHooks('poststop', record.spec.hooks?.poststop, state, warn);
}

/** Every process of it, whether its init ran in a pid namespace of its own or not. */
async function killAll(record: ContainerRecord): Promise<void> {
  const cgroup = new Cgroup(record.cgroupPaths);
  if (cgroup.exists) await cgroup.kill();
  // Its result tells nothing: the process may end at any moment.
  if (startTicksOf(record.pid) === record.startTicks) syscallResult('kill', record.pid, SIGKILL);
}

/** Settles when the init has ended, or will not. */
async function awaitEnd(record: ContainerRecord): Promise<void> {
  const deadline = Date.now() + END_PATIENCE_MS;
  while (startTicksOf(record.pid) === record.startTicks && Date.now() < deadline) await delay(1);
}

/** Without a mount namespace of its own, the container's mounts are the host's: all are on one of its root. */
function releaseMounts({ spec, rootfs }: ContainerRecord): void {
  if (spec.linux?.namespaces?.some(({ type }) => type === 'mount')) return;
  syscallResult('umount2', cstring(rootfs), MNT_DETACH);
}

function removeDirectory(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // Gone already with the cgroups, or shared with other containers.
  }
}

function warn(error: EngineError): void {
  printError(`${messageOf(error)}\n`);
}

import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { namesIn } from '../../base/names-in.ts';
import { EngineError, messageOf } from '../../base/errors.ts';
import type { ExitStatus, Task } from '../../execdriver/driver.ts';
import { nowNs } from '../model/clock.ts';
import { Container } from '../model/container.ts';
import type { Daemon } from '../container/daemon.ts';
import { runDirectory } from '../model/daemon-options.ts';
import { Exec, type ExecRecord, upgradeExecRecord } from '../model/exec.ts';
import { forgetLater, watchExec } from '../exec/start-exec.ts';
import { resumeHealthChecks } from '../container/health/start-health-checks.ts';
import { removeContainer, removeLeftFiles } from '../container/lifecycle/remove-container.ts';
import { scheduleRestart, wantsRestart } from '../container/lifecycle/restart-policy.ts';
import { adoptSysctlGuard } from '../container/lifecycle/guard-container.ts';
import { tryToWatchPressure } from '../container/lifecycle/watch-pressure.ts';
import { watchFiles } from '../container/lifecycle/limit-files.ts';
import { governContainer } from '../container/lifecycle/govern-container.ts';
import { undoConnecting } from '../container/networking/connect-container.ts';
import { leadRelays } from '../container/networking/lead-relays.ts';
import { handleExit, watchExit } from '../container/lifecycle/watch-exit.ts';
import { cgroupsPathOf } from '../container/start/build-spec.ts';

/** The exit that Docker reports for a container that vanished while no daemon ran, as after a crash of the machine. */
const LOST: Omit<ExitStatus, 'exitedAtNs'> = { code: 255, oomKilled: false };

/**
 * Brings the stored state into accord with what is: takes over what runs and what has exited while no engine
 * did, removes what belongs to no container, and applies restart policies.
 * @throws EngineError conflict for a container of another version of the engine, which goes on running
 */
export async function recoverContainers(daemon: Daemon): Promise<void> {
  for (const { record, state } of daemon.store.containers()) {
    daemon.containers.insert(new Container(record, state));
  }
  const exits: (() => Promise<void>)[] = [];
  await Promise.all(
    daemon.containers.all().map(async container => {
      const exit = await recover(daemon, container);
      if (exit !== undefined) exits.push(exit);
    }),
  );
  await restoreNetworks(daemon);
  // One that was killed in the middle of a change may not have told of it.
  for (const container of daemon.containers.all()) await leadRelays(daemon, container);
  for (const exit of exits) await exit();
  await removeLeftovers(daemon);
  restartStopped(daemon);
}

async function restoreNetworks({ containers, networks }: Daemon): Promise<void> {
  const all = containers.all();
  const members = all.flatMap(({ name, state }) =>
    state.endpoints.map(({ endpoint }) => ({ endpoint, containerName: name })),
  );
  await networks.restore(
    members,
    all.flatMap(({ state }) => state.unpublishedPorts),
  );
}

/** Returns what is still to be done once the networks are as they were: for one that has exited. */
async function recover(daemon: Daemon, container: Container): Promise<(() => Promise<void>) | undefined> {
  const runtime = await recoverRuntime(daemon, container);
  recoverExecs(daemon, container, runtime);
  if (!container.isRunning || container.state.status === 'restarting') {
    // The daemon was killed in the middle of the start: no client has been told that it runs, so it is undone.
    await runtime?.remove().catch(error => warn(daemon, container.id, error));
    container.state.endpoints = [];
    container.state.unpublishedPorts = [];
    return undefined;
  }
  if (runtime === undefined) await daemon.execDriver.endStrays(cgroupsPathOf(daemon, container));
  container.runtime = runtime;
  const status = runtime === undefined ? lostStatus() : await settled(runtime.exited);
  if (status !== undefined) return () => handleExit(daemon, container, status);
  watchExit(daemon, container, runtime as Task);
  tryToUndoConnecting(daemon, container);
  governContainer(daemon, container, runtime as Task);
  watchFiles(daemon, container, runtime as Task);
  adoptSysctlGuard(daemon, container, runtime as Task);
  await tryToWatchPressure(daemon, container, runtime as Task);
  resumeHealthChecks(daemon, container);
  return undefined;
}

/** What is left leads nowhere. */
function tryToUndoConnecting(daemon: Daemon, container: Container): void {
  try {
    undoConnecting(daemon, container);
  } catch (error) {
    warn(daemon, container.id, error);
  }
}

async function recoverRuntime(daemon: Daemon, { id }: Container): Promise<Task | undefined> {
  const directory = runDirectory(daemon.options, id);
  if (!existsSync(directory)) return undefined;
  try {
    return await daemon.execDriver.recover(id, directory);
  } catch (error) {
    // It may run, but this version, or this process just now, cannot deal with it: it would be lost.
    if (!(error instanceof EngineError) || error.kind !== 'not-found') throw error;
    rmSync(directory, { recursive: true, force: true });
    return undefined;
  }
}

function warn(daemon: Daemon, id: string, error: unknown): void {
  daemon.log.warn({ container: id, error: messageOf(error) }, 'recovering a container');
}

function lostStatus(): ExitStatus {
  return { ...LOST, exitedAtNs: nowNs() };
}

/** What a promise has settled to, if it has. */
async function settled<Value>(promise: Promise<Value>): Promise<Value | undefined> {
  return Promise.race([promise, new Promise<undefined>(resolve => setImmediate(resolve, undefined))]);
}

function recoverExecs(daemon: Daemon, container: Container, runtime: Task | undefined): void {
  for (const stored of daemon.store.execs(container.id) as ExecRecord[]) {
    const record = upgradeExecRecord(stored);
    const exec = new Exec(record, container);
    daemon.execs.add(exec);
    if (record.state !== 'running') {
      if (record.state === 'exited') forgetLater(daemon, exec);
      continue;
    }
    const process = runtime?.findExec(exec.id);
    exec.process = process;
    if (process !== undefined) watchExec(daemon, exec, process);
    else exec.settle(LOST);
  }
}

/**
 * Removes, in the background, what is left of containers that were being made or removed, and directories of runs that
 * belong to no container.
 */
async function removeLeftovers(daemon: Daemon): Promise<void> {
  const { store, options, containers, volumes } = daemon;
  const leftovers = store.leftovers();
  volumes.cleanUp(leftovers.filter(({ kind }) => kind === 'volume').map(({ id }) => id));
  for (const { kind, id } of leftovers) {
    if (kind === 'container')
      daemon.background.run(`removing what container ${id} left`, removeLeftFiles(daemon, id));
  }
  const runs = join(options.execRoot, 'containers');
  for (const id of namesIn(runs)) {
    if (containers.lookup(id) !== undefined) continue;
    await removeRun(daemon, id, join(runs, id));
  }
}

/** Removes the run of a container that has no record. What cannot be removed is tried again at the next start. */
async function removeRun(daemon: Daemon, id: string, directory: string): Promise<void> {
  try {
    await daemon.execDriver.recover(id, directory).then(runtime => runtime.remove());
  } catch (error) {
    if (error instanceof EngineError && error.kind === 'not-found') rmSync(directory, { recursive: true });
    else warn(daemon, id, error);
  }
}

function restartStopped(daemon: Daemon): void {
  for (const container of daemon.containers.all()) {
    const { state, record } = container;
    if (state.status === 'restarting') restartAnew(daemon, container);
    else if (container.isRunning || state.status === 'created') continue;
    else if (record.hostConfig.AutoRemove) {
      const removal = removeContainer(daemon, container, { force: false, volumes: true, departs: true });
      daemon.background.run(`removing ${container.id}`, removal);
    } else if (wantsRestart(container, state.exitCode)) restartAnew(daemon, container);
  }
}

/** As Docker counts, that the engine was started is no restart of the container. */
function restartAnew(daemon: Daemon, container: Container): void {
  Object.assign(container.state, { status: 'restarting', restartCount: 0 });
  daemon.store.saveState(container.id, container.state);
  scheduleRestart(daemon, container, 0);
}

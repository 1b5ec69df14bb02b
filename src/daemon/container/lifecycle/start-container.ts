import { openLayer } from '../open-layer.ts';
import { reachSources } from '../mounts/reach-sources.ts';
import { closeSync } from 'node:fs';
import { EngineError, errorCode, firstFailure, messageOf } from '../../../base/errors.ts';
import { TimeSlice } from '../../../base/time-slice.ts';
import { untilAborted } from '../../../base/until-aborted.ts';
import type { Task, LogFile } from '../../../execdriver/driver.ts';
import { currentTime, formatTime, nowNs } from '../../model/clock.ts';
import type { Container } from '../../model/container.ts';
import type { StateRecord } from '../../model/container-record.ts';
import type { Daemon } from '../daemon.ts';
import { logPath, runDirectory } from '../../model/daemon-options.ts';
import { conflict } from '../../model/errors.ts';
import { containerEvent } from '../../model/container-event.ts';
import { initialHealth, startHealthChecks } from '../health/start-health-checks.ts';
import { removeInLock } from './remove-container.ts';
import { watchFiles } from './limit-files.ts';
import { governContainer } from './govern-container.ts';
import { guardContainer, wantsGuard } from './guard-container.ts';
import { watchExit } from './watch-exit.ts';
import { tryToWatchPressure } from './watch-pressure.ts';
import { lineAttributes } from '../logs/log-attributes.ts';
import { rotation } from '../logs/log-config.ts';
import { openImageMounts } from '../mounts/image-mounts.ts';
import { openMountSources } from '../mounts/open-mount-sources.ts';
import { buildSpec, filesLimitOf } from '../start/build-spec.ts';
import { updateLinkedHosts, writeHostFiles } from '../networking/host-files.ts';
import { joinedNetwork } from '../networking/joined-containers.ts';
import { openJoinedNamespaces } from '../networking/open-joined-namespaces.ts';
import { type JoinedNetworks, joinNetworks } from '../networking/join-networks.ts';
import { leadRelays } from '../networking/lead-relays.ts';
import { prepareMounts } from '../mounts/prepare-mounts.ts';
import { describeStartFailure, startExitCode } from '../start/start-failure.ts';
import { nextRestart, scheduleRestart } from './restart-policy.ts';

export type StartReason = 'request' | 'restart-policy';

/**
 * Starts a container. On failure it is as before, but for its error and exit code; with `AutoRemove` it is gone.
 * @throws EngineError in Docker's words: not-modified when it runs, not-found, conflict, invalid-parameter …
 */
export async function startContainer(
  daemon: Daemon,
  container: Container,
  reason: StartReason = 'request',
): Promise<void> {
  await daemon.locks.run(container.id, () => startInLock(daemon, container, reason));
}

export async function startInLock(daemon: Daemon, container: Container, reason: StartReason): Promise<void> {
  if (daemon.closing.aborted) throw closing();
  // Started or stopped by a request while the policy waited for the lock.
  if (reason === 'restart-policy' && container.state.status !== 'restarting') return;
  checkStartable(container, reason);
  await container.cleanedUp;
  const start = runUnlessGivenUp(daemon, container, reason);
  daemon.starts.add(start);
  try {
    await start;
  } catch (failure) {
    const error = firstFailure(failure);
    // The next engine finds the container as it was before.
    if (!daemon.closing.aborted) await recordFailure(daemon, container, error);
    throw error;
  } finally {
    daemon.starts.delete(start);
  }
}

/** The container's removal by force and the engine's end abort the start at any step. */
async function runUnlessGivenUp(daemon: Daemon, container: Container, reason: StartReason): Promise<void> {
  const start = new AbortController();
  const close = (): void => start.abort(closing());
  container.giveUpStart = () => start.abort(markedForRemoval());
  daemon.closing.addEventListener('abort', close, { once: true });
  try {
    await run(daemon, container, { reason, signal: start.signal });
  } finally {
    container.giveUpStart = () => undefined;
    daemon.closing.removeEventListener('abort', close);
  }
}

function closing(): EngineError {
  return new EngineError('unavailable', 'the engine is closing');
}

function markedForRemoval(): EngineError {
  return conflict('container is marked for removal and cannot be started');
}

function checkStartable(container: Container, reason: StartReason): void {
  const { status } = container.state;
  if (container.isRemoved || container.isMarkedForRemoval || status === 'removing') throw markedForRemoval();
  if (status === 'dead') throw conflict('container is dead and cannot be started');
  if (reason === 'restart-policy') return;
  if (status === 'paused') throw conflict('cannot start a paused container, try unpause instead');
  // A client that starts what waits for its restart policy does not have to wait.
  if (status === 'restarting') clearTimeout(container.restartTimer);
  else if (status === 'running') throw new EngineError('not-modified', 'container is already running');
}

function hostPathsOf({ record: { mounts, hostConfig } }: Container): string[] {
  const devices = hostConfig.Devices.map(({ PathOnHost = '' }) => PathOnHost);
  return [...mounts.filter(({ source }) => source.startsWith('/')).map(({ source }) => source), ...devices];
}

type Start = { reason: StartReason; signal: AbortSignal };

async function run(daemon: Daemon, container: Container, { reason, signal }: Start): Promise<void> {
  await using undo = new AsyncDisposableStack();
  await openLayer(daemon, container);
  await untilAborted(signal, reachSources(daemon.threads, hostPathsOf(container)));
  prepareMounts(daemon, container);
  const sharesWith = runSharedWith(daemon, container);
  const joined = await joinNetworks(daemon, container);
  undo.defer(() => leaveNetworks(daemon, container, joined));
  container.state.endpoints = joined.connections;
  takeNames(daemon, container);
  writeHostFiles(daemon, container);
  // Before it can have written anything: clients ask for what was logged since.
  const startedAtNs = nowNs();
  const runtime = await createRuntime(daemon, container, { joined, signal });
  undo.defer(() => runtime.remove());
  await leadRelays(daemon, container, runtime);
  if (wantsGuard(daemon, container)) guardContainer(daemon, container, runtime);
  for (const pending of container.pendingAttaches) await pending.connect(runtime);
  await untilAborted(signal, runtime.start()).catch(error => failStart(error, signal));
  // That one has not known of this one, when it has ended meanwhile.
  if (runSharedWith(daemon, container) !== sharesWith)
    throw conflict('cannot join network namespace of a non running container');
  commitStart(daemon, container, { runtime, reason, startedAtNs });
  undo.move();
  joined.close();
  await started(daemon, container, runtime);
}

/** Which run of which container has the network that this one shares. @throws EngineError when it does not run */
function runSharedWith(daemon: Daemon, container: Container): string | undefined {
  return joinedNetwork(daemon, container)?.state.startedAt;
}

async function createRuntime(
  daemon: Daemon,
  container: Container,
  { joined, signal }: { joined: JoinedNetworks; signal: AbortSignal },
): Promise<Task> {
  const slice = new TimeSlice();
  const options = await untilAborted(signal, createOptions(daemon, container));
  if (slice.isOver) await slice.pause();
  await using opened = new AsyncDisposableStack();
  const close = (fds: ReadonlyMap<unknown, number>) => {
    for (const fd of fds.values()) closeSync(fd);
  };
  const namespaces = opened.adopt(openJoinedNamespaces(daemon, container), close);
  const { id, record } = container;
  const sources = opened.adopt(openMountSources(daemon.volumes, record.mounts), close);
  const images = opened.adopt(await openImageMounts(daemon, id, record.mounts), close);
  try {
    return await daemon.execDriver.create({
      ...options,
      mounts: new Map([...sources, ...images]),
      namespaces,
      // Who attaches before the start must not miss the first words, and a guard stands before there is anything to guard.
      start: container.pendingAttaches.size === 0 && !wantsGuard(daemon, container),
      ...(joined.namespace === undefined ? {} : { networkNamespace: joined.namespace }),
      keepDescriptors: joined.descriptors,
      signal,
    });
  } catch (error) {
    return failStart(error, signal);
  }
}

function failStart(error: unknown, signal: AbortSignal): never {
  throw signal.aborted ? error : describeStartFailure(error);
}

/** What the exec driver gets to know of a container, but for its network. */
export async function createOptions(daemon: Daemon, container: Container) {
  const { id, record } = container;
  const { config, hostConfig } = record;
  const layer = await openLayer(daemon, container);
  const [rows, columns] = hostConfig.ConsoleSize;
  const hasLog = hostConfig.LogConfig.Type !== 'none';
  const filesLimit = filesLimitOf(daemon, container);
  return {
    id,
    stateDir: runDirectory(daemon.options, id),
    spec: await buildSpec(daemon, container, layer),
    rootfs: layer.rootfs,
    io: {
      terminal: config.Tty,
      stdin: config.OpenStdin,
      stdinOnce: config.StdinOnce,
      ...(rows > 0 && columns > 0 ? { rows, columns } : {}),
    },
    ...(hasLog ? { log: await logOf(daemon, container) } : {}),
    ...(filesLimit === undefined ? {} : { filesLimit }),
  };
}

/** With another container's network come its names. */
function takeNames(daemon: Daemon, container: Container): void {
  const source = joinedNetwork(daemon, container)?.record.config;
  if (source === undefined) return;
  const { record } = container;
  const { Hostname, Domainname } = source;
  const { config } = record;
  if (config.Hostname === Hostname && config.Domainname === Domainname) return;
  container.record = { ...record, config: { ...config, Hostname, Domainname } };
  daemon.store.saveRecord(container.record);
}

async function logOf({ options }: Daemon, { id, record }: Container): Promise<LogFile> {
  const { LogConfig } = record.hostConfig;
  const path = logPath(options, id);
  return {
    path,
    ...rotation(LogConfig),
    attributes: LogConfig.Type === 'local' ? '' : await lineAttributes(record, path),
  };
}

export async function leaveNetworks(
  daemon: Daemon,
  container: Container,
  joined: JoinedNetworks,
): Promise<void> {
  joined.close();
  daemon.names.closeSandbox(container);
  for (const connection of joined.connections) await daemon.networks.disconnect(container.id, connection);
  container.state.endpoints = [];
}

type Started = { runtime: Task; reason: StartReason; startedAtNs: bigint };

/** Before the event goes out. When it cannot be stored, the container does not run. */
function commitStart(daemon: Daemon, container: Container, { runtime, reason, startedAtNs }: Started): void {
  const state: StateRecord = {
    ...container.state,
    status: 'running',
    pid: runtime.pid,
    exitCode: 0,
    error: '',
    oomKilled: false,
    startedAt: formatTime(startedAtNs),
    restartCount: reason === 'request' ? 0 : container.state.restartCount,
    manuallyStopped: false,
    health: initialHealth(container),
    hasHostFiles: true,
  };
  daemon.store.saveState(container.id, state);
  Object.assign(container.state, state);
  container.runtime = runtime;
  container.restartCancelled = false;
  if (reason === 'request') container.restartDelayMs = 0;
}

/** Settles when others find it by name. */
async function started(daemon: Daemon, container: Container, runtime: Task): Promise<void> {
  watchExit(daemon, container, runtime);
  governContainer(daemon, container, runtime);
  watchFiles(daemon, container, runtime);
  daemon.background.run('watching pressure', tryToWatchPressure(daemon, container, runtime));
  const isFound = daemon.names.run(container);
  startHealthChecks(daemon, container);
  containerEvent(daemon, container, 'start');
  updateLinkedHosts(daemon, container);
  await isFound;
}

async function recordFailure(daemon: Daemon, container: Container, error: unknown): Promise<void> {
  const { state, pendingAttaches } = container;
  const wasRestarting = state.status === 'restarting';
  const exitCode = startExitCode(error);
  const restart = wasRestarting && mayPass(error) ? nextRestart(container, exitCode, 0n) : undefined;
  Object.assign(state, {
    pid: 0,
    exitCode,
    error: messageOf(error),
    ...(wasRestarting ? { finishedAt: currentTime() } : {}),
    ...(wasRestarting && restart === undefined ? { status: 'exited' } : {}),
    restartCount: state.restartCount + (restart === undefined ? 0 : 1),
  });
  daemon.store.saveState(container.id, state);
  if (restart !== undefined) scheduleRestart(daemon, container, restart);
  for (const pending of pendingAttaches) pending.cancel();
  pendingAttaches.clear();
  if (wasRestarting) container.announce('stopped');
  if (container.record.hostConfig.AutoRemove) await removeInLock(daemon, container, { volumes: true });
}

/** An address of the host's that is not there yet, when the machine starts, say. */
function mayPass(error: unknown): boolean {
  return error instanceof Error && (errorCode(error) === 'EADDRNOTAVAIL' || mayPass(error.cause));
}

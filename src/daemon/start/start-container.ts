import { closeSync } from 'node:fs';
import { EngineError, messageOf } from '../../base/errors.ts';
import type { Container as Runtime } from '../../execdriver/driver.ts';
import { currentTime, formatTime, nowNs } from '../clock.ts';
import type { Container } from '../containers/container.ts';
import type { Daemon } from '../daemon.ts';
import { logPath, runDirectory } from '../daemon-options.ts';
import { conflict } from '../errors.ts';
import { containerEvent } from '../events/container-event.ts';
import { startHealthChecks } from '../health/start-health-checks.ts';
import { removeInLock } from '../lifecycle/remove-container.ts';
import { watchExit } from '../lifecycle/watch-exit.ts';
import { rotation } from '../logs/log-config.ts';
import { openMountSources } from '../mounts/open-mount-sources.ts';
import { buildSpec } from './build-spec.ts';
import { updateLinkedHosts, writeHostFiles } from './host-files.ts';
import { openJoinedNamespaces } from './open-joined-namespaces.ts';
import { type JoinedNetworks, joinNetworks } from './join-networks.ts';
import { prepareMounts } from './prepare-mounts.ts';
import { describeStartFailure, startExitCode } from './start-failure.ts';

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
  checkStartable(container, reason);
  await container.cleanedUp;
  try {
    await run(daemon, container, reason);
  } catch (error) {
    await recordFailure(daemon, container, error);
    throw error;
  }
}

function checkStartable(container: Container, reason: StartReason): void {
  const { status } = container.state;
  if (container.isRemoved || status === 'removing') {
    throw conflict('container is marked for removal and cannot be started');
  }
  if (status === 'dead') throw conflict('container is dead and cannot be started');
  if (reason === 'restart-policy') return;
  if (status === 'paused') throw conflict('cannot start a paused container, try unpause instead');
  // A client that starts what waits for its restart policy does not have to wait.
  if (status === 'restarting') clearTimeout(container.restartTimer);
  else if (status === 'running') throw new EngineError('not-modified', 'container is already running');
}

async function run(daemon: Daemon, container: Container, reason: StartReason): Promise<void> {
  await using undo = new AsyncDisposableStack();
  container.layer ??= await daemon.graph.openContainerLayer(container.id);
  prepareMounts(daemon, container);
  const joined = await joinNetworks(daemon, container);
  undo.defer(() => leaveNetworks(daemon, container, joined));
  container.state.endpoints = joined.connections;
  writeHostFiles(daemon, container);
  const runtime = await createRuntime(daemon, container, joined);
  undo.defer(() => runtime.remove());
  for (const pending of container.pendingAttaches) await pending.connect(runtime);
  await runtime.start().catch(error => {
    throw describeStartFailure(error);
  });
  undo.move();
  joined.close();
  started(daemon, container, { runtime, reason });
}

async function createRuntime(daemon: Daemon, container: Container, joined: JoinedNetworks): Promise<Runtime> {
  const options = await createOptions(daemon, container);
  await using opened = new AsyncDisposableStack();
  const close = (fds: ReadonlyMap<unknown, number>) => {
    for (const fd of fds.values()) closeSync(fd);
  };
  const namespaces = opened.adopt(openJoinedNamespaces(daemon, container.record.hostConfig), close);
  const mounts = opened.adopt(openMountSources(daemon.volumes, container.record.mounts), close);
  try {
    return await daemon.execDriver.create({
      ...options,
      mounts,
      namespaces,
      // Who attaches before the start must not miss the first words.
      start: container.pendingAttaches.size === 0,
      ...(joined.namespace === undefined ? {} : { networkNamespace: joined.namespace }),
      keepDescriptors: joined.descriptors,
    });
  } catch (error) {
    throw describeStartFailure(error);
  }
}

/** What the exec driver gets to know of a container, but for its network. */
export async function createOptions(daemon: Daemon, container: Container) {
  const { id, record } = container;
  const { config, hostConfig } = record;
  container.layer ??= await daemon.graph.openContainerLayer(id);
  const [rows = 0, columns = 0] = hostConfig.ConsoleSize ?? [];
  const hasLog = hostConfig.LogConfig?.Type !== 'none';
  return {
    id,
    stateDir: runDirectory(daemon.options, id),
    spec: await buildSpec(daemon, container, container.layer),
    rootfs: container.layer.rootfs,
    io: {
      terminal: config.Tty ?? false,
      stdin: config.OpenStdin ?? false,
      stdinOnce: config.StdinOnce ?? false,
      ...(rows > 0 && columns > 0 ? { rows, columns } : {}),
    },
    ...(hasLog ? { log: { path: logPath(daemon.options, id), ...rotation(hostConfig.LogConfig) } } : {}),
  };
}

async function leaveNetworks(daemon: Daemon, container: Container, joined: JoinedNetworks): Promise<void> {
  joined.close();
  for (const connection of joined.connections) await daemon.networks.disconnect(container.id, connection);
  container.state.endpoints = [];
}

type Started = { runtime: Runtime; reason: StartReason };

/** Committed before anybody hears of it. */
function started(daemon: Daemon, container: Container, { runtime, reason }: Started): void {
  const { state } = container;
  container.runtime = runtime;
  container.restartCancelled = false;
  if (reason === 'request') container.restartDelayMs = 0;
  Object.assign(state, {
    status: 'running',
    pid: runtime.pid,
    exitCode: 0,
    error: '',
    oomKilled: false,
    startedAt: formatTime(nowNs()),
    restartCount: reason === 'request' ? 0 : state.restartCount + 1,
    manuallyStopped: false,
    hasHostFiles: true,
  });
  updateLinkedHosts(daemon, container);
  startHealthChecks(daemon, container);
  daemon.store.saveState(container.id, state);
  containerEvent(daemon, container, 'start');
  watchExit(daemon, container, runtime);
}

async function recordFailure(daemon: Daemon, container: Container, error: unknown): Promise<void> {
  const { state, pendingAttaches } = container;
  const wasRestarting = state.status === 'restarting';
  Object.assign(state, {
    pid: 0,
    exitCode: startExitCode(error),
    error: messageOf(error),
    ...(wasRestarting ? { status: 'exited', finishedAt: currentTime() } : {}),
  });
  daemon.store.saveState(container.id, state);
  for (const pending of pendingAttaches) pending.cancel();
  pendingAttaches.clear();
  if (wasRestarting) container.announce('stopped');
  if (container.record.hostConfig.AutoRemove) await removeInLock(daemon, container, { volumes: true });
}

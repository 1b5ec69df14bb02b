import { statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { removeSmallTree } from '../../../base/remove-small-tree.ts';
import { TimeSlice } from '../../../base/time-slice.ts';
import type { Container } from '../../model/container.ts';
import type { Daemon } from '../daemon.ts';
import { containerDirectory, logPath } from '../../model/daemon-options.ts';
import { conflict, prefixed } from '../../model/errors.ts';
import { containerEvent } from '../../model/container-event.ts';
import { killAndWait } from './kill-container.ts';
import { cancelRestart } from './restart-policy.ts';

export type RemoveOptions = {
  force: boolean;
  volumes: boolean;
  /** Whether it can still be inspected for a while: it goes because of `AutoRemove`, and not by a request. */
  departs?: boolean;
};

/**
 * Removes a container. It is forgotten on return; its files are taken away in the background.
 * @throws EngineError conflict, in Docker's words, when it runs and `force` is not given
 */
export async function removeContainer(
  daemon: Daemon,
  container: Container,
  options: RemoveOptions,
  reference = container.name,
): Promise<void> {
  if (container.state.status === 'removing') {
    throw conflict(`removal of container ${reference} is already in progress`);
  }
  if (options.force) markForRemoval(container);
  try {
    if (!options.force) checkStopped(container, reference);
    else await forceStop(daemon, container, reference);
    await daemon.locks.run(container.id, async () => {
      if (container.isRemoved) return;
      // It may have been started while this waited.
      if (!options.force) checkStopped(container, reference);
      else await forceStop(daemon, container, reference);
      await removeInLock(daemon, container, options);
    });
  } finally {
    if (options.force) container.isMarkedForRemoval = false;
  }
}

/** No start and no copy is waited for: what is under way is given up, and none begins. */
function markForRemoval(container: Container): void {
  container.isMarkedForRemoval = true;
  container.giveUpStart();
  for (const copy of container.copies) copy.abort(conflict('container is marked for removal'));
}

function checkStopped({ isRunning, state: { status } }: Container, reference: string): void {
  if (!isRunning) return;
  const advice =
    status === 'paused'
      ? 'container is paused and must be unpaused first'
      : `container is ${status}: stop the container before removing or force remove`;
  throw conflict(`cannot remove container "${reference}": ${advice}`);
}

async function forceStop(daemon: Daemon, container: Container, reference: string): Promise<void> {
  container.restartCancelled = true;
  container.state.manuallyStopped = true;
  if (container.state.status === 'restarting') cancelRestart(daemon, container);
  if (!container.isRunning) return;
  await killAndWait(daemon, container).catch(error => {
    throw prefixed(`cannot remove container "${reference}": could not kill`, error);
  });
}

/** Removes a stopped container; the caller holds its lock. */
export async function removeInLock(
  daemon: Daemon,
  container: Container,
  { volumes, departs = false }: Omit<RemoveOptions, 'force'>,
): Promise<void> {
  if (container.isRemoved) return;
  const discarded = volumes ? ownVolumes(daemon, container) : [];
  forget(daemon, container, discarded);
  if (departs) depart(daemon, container);
  clearTimeout(container.restartTimer);
  const slice = new TimeSlice();
  for (const volume of discarded) {
    daemon.volumes.discard(volume);
    if (slice.isOver) await slice.pause();
  }
  for (const pending of container.pendingAttaches) pending.cancel();
  container.pendingAttaches.clear();
  containerEvent(daemon, container, 'destroy');
  container.announce('removed');
  const removal = departs ? removeLayer(daemon, container) : removeFiles(daemon, container);
  daemon.background.run(`removing what container ${container.id} left`, removal);
}

/** A container that cannot be forgotten (a full disk, say) is as it was, to be removed another time. */
function forget(daemon: Daemon, container: Container, discarded: string[]): void {
  const { status } = container.state;
  container.isRemoved = true;
  container.state.status = 'removing';
  try {
    daemon.containers.remove(container, discarded);
  } catch (error) {
    container.isRemoved = false;
    container.state.status = status;
    throw error;
  }
}

/** Its log is removed when it is no longer to be read. */
function depart(daemon: Daemon, container: Container): void {
  const { id } = container;
  daemon.departed.keep(
    container,
    daemon.execs.of(container).map(({ record }) => record),
  );
  const { size = 0 } = statSync(logPath(daemon.options, id), { throwIfNoEntry: false }) ?? {};
  daemon.departed.keepLog(id, size, () =>
    daemon.background.run(`removing the log of ${id}`, removeFiles(daemon, container)),
  );
}

/** Anonymous volumes that no other container uses. */
function ownVolumes({ containers, volumes }: Daemon, container: Container): string[] {
  const others = containers.all().filter(other => other !== container);
  const used = new Set(others.flatMap(other => other.record.mounts.map(({ name }) => name)));
  return container.record.mounts
    .filter(({ type, name, anonymous }) => type === 'volume' && anonymous && !used.has(name))
    .filter(({ name }) => volumes.isAnonymous(name))
    .map(({ name }) => name);
}

async function removeFiles(daemon: Daemon, container: Container): Promise<void> {
  await container.cleanedUp;
  await removeLeftFiles(daemon, container.id);
}

/** The other files are removed with the log. */
async function removeLayer(daemon: Daemon, { id, cleanedUp }: Container): Promise<void> {
  await cleanedUp;
  await daemon.graph.removeContainerLayer(id);
}

/** What is left of a container that the store has forgotten, or never knew. */
export async function removeLeftFiles({ graph, options, store }: Daemon, id: string): Promise<void> {
  await graph.removeContainerLayer(id);
  const directory = containerDirectory(options, id);
  if (!(await removeSmallTree(directory))) await rm(directory, { recursive: true, force: true });
  store.removeLeftover({ kind: 'container', id });
}

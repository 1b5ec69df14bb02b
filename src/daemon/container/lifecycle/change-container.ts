import type { Container } from '../../model/container.ts';
import { checkName } from '../config/check-name.ts';
import type { Daemon } from '../daemon.ts';
import { conflict, invalid, prefixed } from '../../model/errors.ts';
import { containerEvent } from '../../model/container-event.ts';
import { resumeHealthChecks, stopHealthChecks } from '../health/start-health-checks.ts';
import { startInLock } from './start-container.ts';
import { type StopOptions, stopRunning } from './stop-container.ts';

/** `docker restart`. */
export async function restartContainer(
  daemon: Daemon,
  container: Container,
  reference: string,
  options: StopOptions,
): Promise<void> {
  try {
    if (container.isRunning) await stopForRestart(daemon, container, options);
    await daemon.locks.run(container.id, () => startInLock(daemon, container, 'request'));
  } catch (error) {
    throw prefixed(`Cannot restart container ${reference}`, error);
  }
  containerEvent(daemon, container, 'restart');
}

/** It stays, whatever is to become of it when it ends. */
async function stopForRestart(daemon: Daemon, container: Container, options: StopOptions): Promise<void> {
  container.isRestarting = true;
  try {
    await stopRunning(daemon, container, options);
  } finally {
    container.isRestarting = false;
  }
}

/** Freezes all processes. @throws EngineError conflict */
export async function pauseContainer(daemon: Daemon, container: Container): Promise<void> {
  await daemon.locks.run(container.id, async () => {
    const { id, state, runtime } = container;
    if (state.status === 'paused') throw conflict(`Container ${id} is already paused`);
    if (state.status === 'restarting') {
      throw conflict(`Container ${id} is restarting, wait until the container is running`);
    }
    if (runtime === undefined || state.status !== 'running') throw conflict(`container ${id} is not running`);
    await runtime.pause();
    state.status = 'paused';
    stopHealthChecks(container);
    daemon.store.saveState(id, state);
    containerEvent(daemon, container, 'pause');
  });
}

/** @throws EngineError conflict */
export async function unpauseContainer(daemon: Daemon, container: Container): Promise<void> {
  await daemon.locks.run(container.id, async () => {
    const { id, state, runtime } = container;
    if (runtime === undefined || state.status !== 'paused') throw conflict(`Container ${id} is not paused`);
    await runtime.resume();
    state.status = 'running';
    resumeHealthChecks(daemon, container);
    daemon.store.saveState(id, state);
    containerEvent(daemon, container, 'unpause');
  });
}

/** @throws EngineError invalid-parameter, conflict, in Docker's words */
export async function renameContainer(daemon: Daemon, container: Container, newName: string): Promise<void> {
  if (newName === '') throw invalid('Neither old nor new names may be empty');
  await daemon.locks.run(container.id, async () => {
    const oldName = container.name;
    if (newName.replace(/^\//, '') === oldName) {
      throw invalid('Renaming a container with the same name as its current name');
    }
    try {
      daemon.containers.rename(container, checkName(newName.startsWith('/') ? newName : `/${newName}`));
    } catch (error) {
      throw prefixed('Error when allocating new name', error);
    }
    await daemon.names.renamed(container);
    containerEvent(daemon, container, 'rename', { oldName: `/${oldName}` });
  });
}

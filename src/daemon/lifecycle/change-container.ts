import type { HostConfig } from '../../api/types.ts';
import type * as api from '../../api/types.ts';
import type { Container } from '../containers/container.ts';
import { checkRestartPolicy } from '../create/check-host-config.ts';
import { checkName } from '../create/check-name.ts';
import { checkResources } from '../create/check-resources.ts';
import { discardLimits } from '../create/discard-limits.ts';
import type { Daemon } from '../daemon.ts';
import { conflict, invalid, prefixed } from '../errors.ts';
import { containerEvent } from '../events/container-event.ts';
import { resumeHealthChecks, stopHealthChecks } from '../health/start-health-checks.ts';
import { resourcesOf } from '../start/build-spec.ts';
import { startInLock } from '../start/start-container.ts';
import { type StopOptions, stopRunning } from './stop-container.ts';
import { checkSizes } from '../create/check-sizes.ts';

/** `docker restart`. */
export async function restartContainer(
  daemon: Daemon,
  container: Container,
  reference: string,
  options: StopOptions,
): Promise<void> {
  try {
    if (container.isRunning) await stopRunning(daemon, container, options);
    await daemon.locks.run(container.id, () => startInLock(daemon, container, 'request'));
  } catch (error) {
    throw prefixed(`Cannot restart container ${reference}`, error);
  }
  containerEvent(daemon, container, 'restart');
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
    containerEvent(daemon, container, 'rename', { oldName: `/${oldName}` });
  });
}

/** `docker update`. @throws EngineError invalid-parameter, in Docker's words */
export async function updateContainer(
  daemon: Daemon,
  container: Container,
  given: api.ContainerUpdateRequest,
): Promise<{ Warnings: string[] | null }> {
  const { limits: request, warnings } = discardLimits(given, daemon.hostFacts.limits);
  checkSizes(request);
  checkResources(request);
  const { RestartPolicy: policy, ...resources } = request;
  if (policy?.Name) checkRestartPolicy(policy, container.record.hostConfig.AutoRemove ?? false);
  await daemon.locks.run(container.id, async () => {
    const { id, record, runtime } = container;
    const hostConfig = merge(record.hostConfig, request);
    try {
      checkConflicts(record.hostConfig, request);
      await runtime?.update(resourcesOf(daemon, resources));
    } catch (error) {
      throw prefixed(`Cannot update container ${id}`, error);
    }
    container.record = { ...record, hostConfig };
    daemon.store.saveRecord(container.record);
    containerEvent(daemon, container, 'update');
  });
  return { Warnings: warnings.length > 0 ? warnings : null };
}

/** Zero, empty and absent values leave things as they are. */
function merge(
  hostConfig: HostConfig,
  { RestartPolicy: policy, ...resources }: api.ContainerUpdateRequest,
): HostConfig {
  const given = Object.entries(resources).filter(([, value]) => {
    const isEmptyList = Array.isArray(value) && value.length === 0;
    return value !== undefined && value !== null && value !== 0 && value !== '' && !isEmptyList;
  });
  return {
    ...hostConfig,
    ...Object.fromEntries(given),
    ...(policy?.Name ? { RestartPolicy: policy } : {}),
  };
}

/** What contradicts limits that the container has already. */
function checkConflicts(current: HostConfig, request: api.ContainerUpdateRequest): void {
  const { NanoCpus = 0, CpuPeriod = 0, CpuQuota = 0, MemorySwap: swap = 0 } = current;
  const conflicts: [number | undefined, string, number, string][] = [
    [request.CpuPeriod, 'CPU Period', NanoCpus, 'NanoCPUs'],
    [request.CpuQuota, 'CPU Quota', NanoCpus, 'NanoCPUs'],
    [request.NanoCpus, 'Nano CPUs', CpuQuota, 'CPU Quota'],
    [request.NanoCpus, 'Nano CPUs', CpuPeriod, 'CPU Period'],
  ];
  for (const [asked = 0, what, set, by] of conflicts) {
    if (asked > 0 && set > 0) {
      throw conflict(`Conflicting options: ${what} cannot be updated as ${by} has already been set`);
    }
  }
  if ((request.Memory ?? 0) > swap && !request.MemorySwap) {
    throw conflict(
      'Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time',
    );
  }
}

import { type IpcMode, type PidMode, sharedContainer } from '../../model/namespace-modes.ts';
import type { Container } from '../../model/container.ts';
import type { Daemon } from '../daemon.ts';
import { conflict, invalid, prefixed } from '../../model/errors.ts';

export type JoinedContainers = { network?: Container; pid?: Container; ipc?: Container };

/**
 * The containers whose namespaces this one joins. All of them run.
 * @throws EngineError invalid-parameter for one that is not there or does not share, conflict for one that does not
 *   run; in Docker's words
 */
export function joinedContainers(daemon: Daemon, container: Container): JoinedContainers {
  const { PidMode, IpcMode } = container.record.hostConfig;
  return {
    network: joinedNetwork(daemon, container),
    pid: joined(daemon, PidMode, 'failed to join PID namespace'),
    ipc: joined(daemon, IpcMode, 'failed to join IPC namespace', checkShareable),
  };
}

/** As {@link joinedContainers}, of the network alone. */
export function joinedNetwork(daemon: Daemon, { id, record }: Container): Container | undefined {
  const reference = sharedContainer(record.hostConfig.NetworkMode);
  if (reference === undefined) return undefined;
  const target = daemon.containers.lookup(reference);
  if (target === undefined)
    throw invalid(`joining network namespace of container: No such container: ${reference}`);
  if (target.id === id) throw invalid('cannot join own network namespace');
  if (!target.isRunning || target.isEnding) {
    const status = target.isRunning ? 'exited' : target.state.status;
    throw conflict(
      `cannot join network namespace of a non running container: container ${target.name} is ${status}`,
    );
  }
  checkNotRestarting(target);
  return target;
}

/**
 * Whose network and whose `/etc/hosts` and the like it has: those of the container whose network it shares, which may
 * share another's in its turn; or its own.
 */
export function networkOwner({ containers }: Daemon, container: Container): Container {
  const seen = new Set<Container>();
  let owner: Container | undefined = container;
  while (owner !== undefined && !seen.has(owner)) {
    seen.add(owner);
    const reference = sharedContainer(owner.record.hostConfig.NetworkMode);
    if (reference === undefined) return owner;
    owner = containers.lookup(reference);
  }
  return container;
}

function joined(
  { containers }: Daemon,
  mode: PidMode | IpcMode,
  failure: string,
  check: (target: Container) => void = () => undefined,
): Container | undefined {
  const reference = sharedContainer(mode);
  if (reference === undefined) return undefined;
  try {
    const target = containers.lookup(reference);
    if (target === undefined) throw invalid(`No such container: ${reference}`);
    if (!target.isRunning) throw conflict(`container ${target.id} is not running`);
    checkNotRestarting(target);
    check(target);
    return target;
  } catch (error) {
    throw prefixed(failure, error);
  }
}

function checkNotRestarting({ id, state }: Container): void {
  if (state.status === 'restarting')
    throw conflict(`container ${id} is restarting, wait until the container is running`);
}

/** The other container must have agreed to share. */
function checkShareable({ id, record }: Container): void {
  if (record.hostConfig.IpcMode.kind !== 'shareable')
    throw invalid(`container ${id}: non-shareable IPC (hint: use IpcMode:shareable for the donor container)`);
}

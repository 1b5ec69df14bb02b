import type { ExitStatus, Task } from '../../../execdriver/driver.ts';
import { formatTime, parseTime } from '../../model/clock.ts';
import type { Container } from '../../model/container.ts';
import type { Daemon } from '../daemon.ts';
import { containerEvent } from '../../model/container-event.ts';
import { forgetExec } from '../../model/forget-exec.ts';
import { stopHealthChecks } from '../health/start-health-checks.ts';
import { leaveNetworks } from '../networking/leave-networks.ts';
import { removeContainer } from './remove-container.ts';
import { nextRestart, scheduleRestart } from './restart-policy.ts';

/** Acts upon the end of the container's process, whenever that comes, and upon a lack of memory before. */
export function watchExit(daemon: Daemon, container: Container, runtime: Task): void {
  runtime.watchMemory(() => {
    if (!daemon.closing.aborted && container.runtime === runtime) ranOutOfMemory(daemon, container);
  });
  void runtime.exited.then(status => {
    if (daemon.closing.aborted || container.runtime !== runtime) return;
    daemon.background.run(`the exit of ${container.id}`, handleExit(daemon, container, status));
  });
}

/** It may go on: what was killed need not be its first process. */
function ranOutOfMemory(daemon: Daemon, container: Container): void {
  const { state } = container;
  if (!state.oomKilled) {
    state.oomKilled = true;
    daemon.store.saveState(container.id, state);
  }
  containerEvent(daemon, container, 'oom');
}

/**
 * What follows an exit: the state first, then everyone who waits, then what is left of the run is cleaned away
 * (before the exit is announced if it has published ports, as a client may publish them again at once).
 */
export async function handleExit(daemon: Daemon, container: Container, status: ExitStatus): Promise<void> {
  const { state, runtime } = container;
  // The event of the signal that ended it comes before that of its end.
  await Promise.all(container.signals);
  if (status.oomKilled && !state.oomKilled) ranOutOfMemory(daemon, container);
  stopHealthChecks(container);
  daemon.governor.release(container.id);
  container.watchesPressure = false;
  // What it has tried in its last second is told before its end.
  daemon.sysctls.forget(runtime?.cgroupPaths.unified);
  for (const exec of daemon.execs.of(container)) {
    exec.containerExited();
    if (exec.record.state === 'created') forgetExec(daemon, exec);
  }
  // From here on no other container can join its network.
  container.isEnding = true;
  const hasPorts = state.endpoints.some(({ endpoint }) => endpoint.ports.length > 0);
  const left = leaveNetworks(daemon, container);
  const cleanup = cleanUpRun(daemon, container, { runtime, left });
  container.cleanedUp = cleanup;
  await (hasPorts ? cleanup : left);
  const restart = nextRestart(container, status.code, status.exitedAtNs - parseTime(state.startedAt));
  Object.assign(state, {
    status: restart === undefined ? 'exited' : 'restarting',
    restartCount: state.restartCount + (restart === undefined ? 0 : 1),
    pid: 0,
    exitCode: status.code,
    finishedAt: formatTime(status.exitedAtNs),
    endpoints: [],
    unpublishedPorts: [],
    connecting: '',
  });
  container.isEnding = false;
  daemon.store.saveState(container.id, state);
  announceExit(daemon, container, status);
  if (restart !== undefined) scheduleRestart(daemon, container, restart);
  container.announce('stopped');
  const isOver = restart === undefined && !container.isRestarting;
  if (isOver && container.record.hostConfig.AutoRemove)
    await removeContainer(daemon, container, { force: false, volumes: true, departs: true }).catch(
      () => undefined,
    );
}

/** In the order in which Docker does. */
function announceExit(daemon: Daemon, container: Container, status: ExitStatus): void {
  for (const { type, name } of container.record.mounts) {
    if (type !== 'volume') continue;
    daemon.events.publish({
      Type: 'volume',
      Action: 'unmount',
      id: name,
      attributes: { container: container.id, driver: 'local' },
    });
  }
  for (let stop = 0; stop < container.stops; stop += 1) containerEvent(daemon, container, 'stop');
  const seconds = (status.exitedAtNs - parseTime(container.state.startedAt)) / 1_000_000_000n;
  containerEvent(daemon, container, 'die', { execDuration: String(seconds), exitCode: String(status.code) });
}

/** Never rejects: what could not be cleaned up is logged, and tried again at the next start of the engine. */
async function cleanUpRun(
  daemon: Daemon,
  container: Container,
  { runtime, left }: { runtime: Task | undefined; left: Promise<void> },
): Promise<void> {
  for (const client of container.clients) client.drain();
  const [removed] = await Promise.allSettled([runtime?.remove(), left]);
  container.runtime = undefined;
  if (removed.status === 'rejected')
    daemon.log.error({ container: container.id, error: String(removed.reason) }, 'cleaning up after an exit');
}

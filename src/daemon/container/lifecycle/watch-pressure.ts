import { messageOf } from '../../../base/errors.ts';
import type { Task } from '../../../execdriver/driver.ts';
import {
  formatPressureLimit,
  type PressureLimit,
  pressureTrigger,
} from '../../../governor/pressure/pressure-limit.ts';
import { containerEvent } from '../../model/container-event.ts';
import type { Container } from '../../model/container.ts';
import { governanceOf } from '../config/governance-annotations.ts';
import type { Daemon } from '../daemon.ts';
import { stopContainer } from './stop-container.ts';

/** Has the container's shim watch its pressure, by poll(2) on the kernel's triggers. What was watched before is not any more. */
export async function watchPressure(daemon: Daemon, container: Container, task: Task): Promise<void> {
  const { pressureLimits } = governanceOf(container.record.hostConfig);
  const directory = task.cgroupPaths.unified;
  if (directory === undefined || !daemon.hostFacts.limits.pressure) return;
  if (pressureLimits.length === 0 && !container.watchesPressure) return;
  container.watchesPressure = pressureLimits.length > 0;
  const isPrivileged = daemon.hostFacts.capabilities.includes('CAP_SYS_RESOURCE');
  const triggers = pressureLimits.map(limit => pressureTrigger(directory, limit, isPrivileged));
  await task.watchPressure(triggers, index => {
    const limit = pressureLimits[index];
    if (limit !== undefined && container.runtime === task && !daemon.closing.aborted)
      daemon.background.run(`pressure of ${container.id}`, crossed(daemon, container, limit));
  });
}

/** As {@link watchPressure}, where a start or a recovery is not to fail for it. */
export async function tryToWatchPressure(daemon: Daemon, container: Container, task: Task): Promise<void> {
  await watchPressure(daemon, container, task).catch((error: unknown) =>
    daemon.log.warn({ container: container.id, error: messageOf(error) }, 'its pressure is not watched'),
  );
}

async function crossed(daemon: Daemon, container: Container, limit: PressureLimit): Promise<void> {
  const { pressureAction: action } = governanceOf(container.record.hostConfig);
  const neighbours =
    action === 'throttle' ? throttle(daemon) : action === 'stop' ? stop(daemon, container) : [];
  containerEvent(daemon, container, 'pressure', {
    limit: formatPressureLimit(limit),
    resource: limit.resource,
    action,
    ...(neighbours.length > 0 ? { neighbours: neighbours.join(',') } : {}),
  });
}

function throttle(daemon: Daemon): string[] {
  return daemon.governor.squeezeBestEffort();
}

/** The best-effort container that was started last, itself left out. */
function stop(daemon: Daemon, besides: Container): string[] {
  const last = daemon.containers
    .all()
    .filter(container => container !== besides && container.runtime !== undefined && container.stops === 0)
    .filter(({ record }) => governanceOf(record.hostConfig).qos === 'best-effort')
    .toSorted((a, b) => b.state.startedAt.localeCompare(a.state.startedAt))[0];
  if (last === undefined) return [];
  daemon.background.run(`stopping ${last.id}`, stopContainer(daemon, last, last.id, {}));
  return [last.id];
}

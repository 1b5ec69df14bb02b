import type { Task } from '../../../execdriver/driver.ts';
import { containerEvent } from '../../model/container-event.ts';
import type { Container } from '../../model/container.ts';
import { governanceOf } from '../config/governance-annotations.ts';
import type { Daemon } from '../daemon.ts';
import { filesLimitOf } from '../start/build-spec.ts';

/** Gives a running container another limit of open files, or none. Returns what is to be warned of. */
export async function limitFiles(daemon: Daemon, container: Container, task: Task): Promise<string[]> {
  const limit = filesLimitOf(daemon, container);
  const isChanged = await task.limitFiles(limit ?? 0);
  return isChanged || !limit
    ? []
    : ['The container was started without a limit of open files: it has one from its next start on.'];
}

/** Has an event published when calls are refused, once a second at most. */
export function watchFiles(daemon: Daemon, container: Container, task: Task): void {
  container.filesRefused = 0;
  task.watchFiles(refused => {
    if (daemon.closing.aborted || container.runtime !== task) return;
    container.filesRefused = refused;
    const { filesLimit = 0 } = governanceOf(container.record.hostConfig);
    containerEvent(daemon, container, 'files', { limit: String(filesLimit), refused: String(refused) });
  });
}

import type { Daemon } from '../daemon.ts';
import { parseTime } from '../../model/clock.ts';
import { pruneEvent } from '../../model/prune-event.ts';
import { checkFilters, type Filters, labelFilter } from '../../model/filters.ts';
import { untilTime } from '../../model/until-filter.ts';
import { sizesOf } from '../inspect/inspect-container.ts';
import { removeContainer } from './remove-container.ts';

/** `docker container prune`: removes those that do not run. @throws EngineError invalid-parameter for bad filters */
export async function pruneContainers(
  daemon: Daemon,
  filters: Filters,
): Promise<{ ContainersDeleted: string[] | null; SpaceReclaimed: number }> {
  checkFilters(filters, ['label', 'label!', 'until']);
  const until = untilTime(filters);
  const hasLabels = labelFilter(filters);
  const deleted: string[] = [];
  let reclaimed = 0;
  for (const container of daemon.containers.all()) {
    const { record } = container;
    if (container.isRunning || container.isRemoved) continue;
    if (until !== undefined && parseTime(record.createdAt) > until) continue;
    if (!hasLabels(record.config.Labels)) continue;
    const { SizeRw } = await sizesOf(daemon, container);
    await removeContainer(daemon, container, { force: false, volumes: false });
    deleted.push(container.id);
    reclaimed += SizeRw;
  }
  pruneEvent(daemon, 'container', reclaimed);
  return { ContainersDeleted: deleted.length > 0 ? deleted : null, SpaceReclaimed: reclaimed };
}

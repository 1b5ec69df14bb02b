import type { EventMessage } from '../../api/types.ts';
import type { DaemonCore } from './core.ts';

/** Publishes that everything of a kind that is unused has been removed. */
export function pruneEvent(
  { events }: Pick<DaemonCore, 'events'>,
  type: EventMessage['Type'],
  reclaimedBytes: number,
): void {
  events.publish({ Type: type, Action: 'prune', id: '', attributes: { reclaimed: String(reclaimedBytes) } });
}

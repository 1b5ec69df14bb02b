import { hostname } from 'node:os';
import { type Reloadable, reloadAttributes } from '../../api/engine-options.ts';
import type { Daemon } from '../container/daemon.ts';

/** Takes over the changes: they are of containers that are made from now on. Announced as Docker does. */
export function reloadOptions(daemon: Daemon, changes: Reloadable): void {
  Object.assign(daemon.options, changes);
  daemon.events.publish({
    Type: 'daemon',
    Action: 'reload',
    id: daemon.id,
    attributes: { ...reloadAttributes(changes), 'live-restore': 'true', name: hostname() },
  });
}

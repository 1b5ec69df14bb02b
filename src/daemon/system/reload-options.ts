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
    attributes: { ...unchanged(daemon), ...reloadAttributes(changes) },
  });
}

/** Docker's event has these, too, though they do not change. */
function unchanged({ options }: Daemon): Record<string, string> {
  return {
    'default-runtime': 'slipway',
    features: 'map[]',
    'live-restore': 'true',
    'max-concurrent-downloads': String(options.maxConcurrentDownloads),
    'max-concurrent-uploads': String(options.maxConcurrentUploads),
    name: hostname(),
    runtimes: '',
  };
}

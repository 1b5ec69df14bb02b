import { hostname } from 'node:os';
import type { Daemon } from '../container/daemon.ts';
import type { DaemonOptions } from '../model/daemon-options.ts';

/** What may change while the engine runs. */
export type Reloadable = Pick<
  DaemonOptions,
  | 'debug'
  | 'labels'
  | 'shmSizeBytes'
  | 'ipcMode'
  | 'noNewPrivileges'
  | 'ulimits'
  | 'insecureRegistries'
  | 'registryMirrors'
>;

/** Takes over the changes: they are of containers that are made from now on. Announced as Docker does. */
export function reloadOptions(daemon: Daemon, changes: Reloadable): void {
  Object.assign(daemon.options, changes);
  const { debug, labels, shmSizeBytes, ipcMode, noNewPrivileges, insecureRegistries, registryMirrors } =
    changes;
  daemon.events.publish({
    Type: 'daemon',
    Action: 'reload',
    id: daemon.id,
    attributes: {
      debug: String(debug),
      'default-ipc-mode': ipcMode,
      'default-shm-size': String(shmSizeBytes),
      'insecure-registries': JSON.stringify(insecureRegistries),
      labels: JSON.stringify(labels),
      'live-restore': 'true',
      name: hostname(),
      'no-new-privileges': String(noNewPrivileges),
      'registry-mirrors': JSON.stringify(registryMirrors),
    },
  });
}

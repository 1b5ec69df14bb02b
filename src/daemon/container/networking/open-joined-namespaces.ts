import { closeSync } from 'node:fs';
import type { NamespaceType } from '../../../oci/runtime-spec.ts';
import type { Container } from '../../model/container.ts';
import type { Daemon } from '../daemon.ts';
import { joinedContainers } from './joined-containers.ts';
import { openNamespaces } from '../../model/open-namespaces.ts';

/**
 * The namespaces of other containers that this one is to join, opened; with another's IPC namespace comes its mount
 * namespace, for /dev/shm. By a pid alone they could be those of a process that has come to have the number since. The
 * caller closes them.
 * @throws EngineError as joinedContainers
 */
export function openJoinedNamespaces(daemon: Daemon, container: Container): Map<NamespaceType, number> {
  const opened = new Map<NamespaceType, number>();
  const { network, pid, ipc } = joinedContainers(daemon, container);
  const wanted: [Container | undefined, ...[NamespaceType, string][]][] = [
    [network, ['network', 'net']],
    [pid, ['pid', 'pid']],
    [ipc, ['ipc', 'ipc'], ['mount', 'mnt']],
  ];
  try {
    for (const [target, ...types] of wanted) if (target) openNamespaces(target, types, opened);
    return opened;
  } catch (error) {
    for (const fd of opened.values()) closeSync(fd);
    throw error;
  }
}

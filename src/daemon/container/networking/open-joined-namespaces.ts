import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import { O_PATH } from '../../../kernel/open-beneath.ts';
import type { NamespaceType } from '../../../libcontainer/spec.ts';
import type { Container } from '../../model/container.ts';
import type { Daemon } from '../daemon.ts';
import { joinedContainers } from './joined-containers.ts';
import { conflict } from '../../model/errors.ts';

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
    for (const [target, ...types] of wanted) if (target) open(target, types, opened);
    return opened;
  } catch (error) {
    for (const fd of opened.values()) closeSync(fd);
    throw error;
  }
}

/**
 * The network namespace of a running container. The caller closes the descriptor.
 * @throws EngineError conflict when it does not run any more
 */
export function openNetworkNamespaceOf(daemon: Pick<Daemon, 'containers'>, id: string): number {
  const opened = new Map<NamespaceType, number>();
  open(daemon.containers.find(id), [['network', 'net']], opened);
  return opened.get('network') as number;
}

function open(
  { id, state }: Container,
  types: readonly [NamespaceType, string][],
  opened: Map<NamespaceType, number>,
): void {
  const process = openProcess(id, state.pid);
  try {
    for (const [type, file] of types) opened.set(type, openSync(`/proc/self/fd/${process}/ns/${file}`, 'r'));
  } finally {
    closeSync(process);
  }
}

/** Its directory of procfs, which stays that of the same process (proc(5)). */
function openProcess(id: string, pid: number): number {
  let directory: number | undefined;
  try {
    directory = openSync(`/proc/${pid}`, O_PATH | constants.O_DIRECTORY);
    if (readFileSync(`/proc/self/fd/${directory}/cgroup`, 'utf8').includes(`/${id}`)) return directory;
  } catch {
    // It has ended.
  }
  if (directory !== undefined) closeSync(directory);
  throw conflict(`container ${id} is not running`);
}

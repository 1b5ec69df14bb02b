import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import { O_PATH } from '../../kernel/open-beneath.ts';
import type { NamespaceType } from '../../oci/runtime-spec.ts';
import type { Container } from './container.ts';
import type { ContainerTable } from './container-table.ts';
import { conflict } from './errors.ts';

/**
 * The network namespace of a running container. The caller closes the descriptor.
 * @throws EngineError conflict when it does not run any more
 */
export function openNetworkNamespaceOf(daemon: { containers: ContainerTable }, id: string): number {
  const opened = new Map<NamespaceType, number>();
  openNamespaces(daemon.containers.find(id), [['network', 'net']], opened);
  return opened.get('network') as number;
}

/**
 * Opens namespaces of a running container, each by its file in /proc/PID/ns. The caller closes what `opened` gets, also
 * after a failure.
 * @throws EngineError conflict when it does not run any more
 */
export function openNamespaces(
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

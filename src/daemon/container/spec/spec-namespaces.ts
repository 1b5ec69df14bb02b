import type { IpcMode, NetworkMode, PidMode } from '../../model/namespace-modes.ts';
import { EngineError } from '../../../base/errors.ts';
import type { Linux, NamespaceType } from '../../../oci/runtime-spec.ts';
import type { SpecInput } from './spec-input.ts';

/**
 * The namespaces of a container by its modes: its own, another container's, or (left out) the host's. A
 * network namespace of its own is brought by the network driver.
 * @throws EngineError invalid-parameter, in Docker's words
 */
export function specNamespaces({ hostConfig, joined = {} }: SpecInput): NonNullable<Linux['namespaces']> {
  const { NetworkMode, IpcMode, PidMode, UTSMode, CgroupnsMode } = hostConfig;
  const own = (type: NamespaceType) => [{ type }];
  const byMode = (type: NamespaceType, mode: NetworkMode | PidMode | IpcMode, pid: number | undefined) => {
    if (mode.kind === 'host') return [];
    return mode.kind === 'container' ? [{ type, path: namespacePath(type, mode.id, pid) }] : own(type);
  };
  return [
    ...own('mount'),
    ...byMode('network', NetworkMode, joined.network),
    ...(UTSMode === 'host' ? [] : own('uts')),
    ...byMode('pid', PidMode, joined.pid),
    ...byMode('ipc', IpcMode, joined.ipc),
    ...(CgroupnsMode === 'private' ? own('cgroup') : []),
  ];
}

function namespacePath(type: NamespaceType, container: string, pid: number | undefined): string {
  if (!pid)
    throw new EngineError('system', `cannot join ${type} namespace of a non running container: ${container}`);
  return `/proc/${pid}/ns/${type === 'network' ? 'net' : type}`;
}

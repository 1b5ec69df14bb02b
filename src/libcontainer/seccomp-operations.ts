import { EngineError } from '../base/errors.ts';
import type { HookState } from './hook-operations.ts';
import type { ConnectAgent } from './plan.ts';
import type { Seccomp } from '../oci/runtime-spec.ts';

/**
 * Reaches the agent of a profile with SCMP_ACT_NOTIFY (config-linux.md, "Container Process State"): before the
 * root changes, as its socket is the host's.
 * @throws EngineError invalid-parameter
 */
export function agentOperations(seccomp: Seccomp | undefined, state: HookState): ConnectAgent[] {
  if (!seccomp?.syscalls?.some(({ action }) => action === 'SCMP_ACT_NOTIFY')) return [];
  const { listenerPath, listenerMetadata } = seccomp;
  if (!listenerPath)
    throw new EngineError(
      'invalid-parameter',
      'linux.seccomp.listenerPath: expected the path of a socket, as the profile uses SCMP_ACT_NOTIFY',
    );
  const process = {
    ociVersion: state.ociVersion,
    fds: ['seccompFd'],
    pid: '$PID',
    metadata: listenerMetadata,
    state,
  };
  return [{ op: 'connect-agent', path: listenerPath, state: JSON.stringify(process) }];
}

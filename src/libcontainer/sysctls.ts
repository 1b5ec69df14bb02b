import { posix } from 'node:path';
import { EngineError } from '../base/errors.ts';
import type { ChildOperation } from './plan.ts';
import type { Linux } from '../oci/runtime-spec.ts';

const IPC_KEYS = new Set(
  'msgmax msgmnb msgmni sem shmall shmmax shmmni shm_rmid_forced'.split(' ').map(name => `kernel/${name}`),
);

/**
 * Sets the sysctls of a container.
 * @throws EngineError invalid-parameter for one that would reach beyond the container
 */
export function sysctlOperations({ sysctl, namespaces }: Linux): ChildOperation[] {
  return Object.entries(sysctl ?? {}).map(([key, value]) => {
    checkSysctl(key, namespaces);
    return { op: 'sysctl', key: sysctlPath(key), value };
  });
}

/** A sysctl must be of a namespace that the container has. @throws EngineError invalid-parameter */
export function checkSysctl(key: string, namespaces: Linux['namespaces'] = []): void {
  const has = (wanted: string) => namespaces.some(({ type }) => type === wanted);
  const quoted = JSON.stringify(key);
  const path = sysctlPath(key);
  if (path !== posix.normalize(path)) throw invalid(`sysctl ${quoted} is not a plain name`);
  if (IPC_KEYS.has(path) || path.startsWith('fs/mqueue/')) {
    if (!has('ipc')) throw invalid(`sysctl ${quoted} is not allowed in the hosts ipc namespace`);
  } else if (path.startsWith('net/')) {
    if (!has('network')) throw invalid(`sysctl ${quoted} not allowed in host network namespace`);
  } else if (path === 'kernel/hostname' && has('uts')) {
    throw invalid(`sysctl ${quoted} is not allowed as it conflicts with the OCI "hostname" field`);
  } else if (path !== 'kernel/domainname' || !has('uts')) {
    throw invalid(`sysctl ${quoted} is not in a separate kernel namespace`);
  }
}

/** `net.ipv4.conf.eth0/1.forwarding`: dots separate, and a slash stands for a dot in a name (sysctl(8)). */
function sysctlPath(key: string): string {
  const firstSeparator = /[./]/.exec(key)?.[0];
  if (firstSeparator === '/') return key;
  return key.replace(/[./]/g, separator => (separator === '.' ? '/' : '.'));
}

const invalid = (message: string) => new EngineError('invalid-parameter', message);

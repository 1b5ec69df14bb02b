import { EngineError } from '../../base/errors.ts';
import type { Linux } from '../../libcontainer/spec.ts';
import type { SpecInput } from './spec-input.ts';

const IPC_KEYS = new Set(
  'msgmax msgmnb msgmni sem shmall shmmax shmmni shm_rmid_forced'.split(' ').map(name => `kernel.${name}`),
);

/**
 * The sysctls of a container: Docker's defaults for a network namespace of its own (ping without a
 * capability, low ports for everybody), and those asked for.
 * @throws EngineError invalid-parameter for one that would reach beyond the container
 */
export function specSysctls(
  { hostConfig, host }: SpecInput,
  namespaces: NonNullable<Linux['namespaces']>,
): Record<string, string> {
  const mode = hostConfig.NetworkMode ?? '';
  const defaults = Object.entries({
    'net.ipv4.ping_group_range': '0 2147483647',
    'net.ipv4.ip_unprivileged_port_start': '0',
  }).filter(([key]) => mode !== 'host' && !mode.startsWith('container:') && host.hasSysctl(key));
  const asked = hostConfig.Sysctls ?? {};
  const has = (type: string) => namespaces.some(namespace => namespace.type === type);
  for (const key of Object.keys(asked)) checkSysctl(key, has);
  return { ...Object.fromEntries(defaults), ...asked };
}

function checkSysctl(key: string, has: (namespace: string) => boolean): void {
  const quoted = JSON.stringify(key);
  if (IPC_KEYS.has(key) || key.startsWith('fs.mqueue.')) {
    if (!has('ipc')) throw invalid(`sysctl ${quoted} is not allowed in the hosts ipc namespace`);
  } else if (key.startsWith('net.')) {
    if (!has('network')) throw invalid(`sysctl ${quoted} not allowed in host network namespace`);
  } else if (key === 'kernel.hostname' && has('uts')) {
    throw invalid(`sysctl ${quoted} is not allowed as it conflicts with the OCI "hostname" field`);
  } else if (key !== 'kernel.domainname' || !has('uts')) {
    throw invalid(`sysctl ${quoted} is not in a separate kernel namespace`);
  }
}

const invalid = (message: string) => new EngineError('invalid-parameter', message);

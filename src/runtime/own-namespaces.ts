import { statSync } from 'node:fs';
import type { NamespaceType, Spec } from '../oci/runtime-spec.ts';

const FILES: Partial<Record<NamespaceType, string>> = { network: 'net', ipc: 'ipc', uts: 'uts' };

/**
 * Without the namespaces that are named by path but are the host's own: a container that joins them has none,
 * and may change no more in them than one that does not ask.
 */
export function withoutOwnNamespaces(spec: Spec): Spec {
  const namespaces = spec.linux?.namespaces?.filter(({ type, path }) => !path || !isOwn(type, path));
  return { ...spec, linux: { ...spec.linux, namespaces } };
}

/** Whether the kernel ends its other processes with its init. */
export function hasOwnPids({ linux }: Spec): boolean {
  return linux?.namespaces?.some(({ type, path }) => type === 'pid' && !path) ?? false;
}

function isOwn(type: NamespaceType, path: string): boolean {
  const file = FILES[type];
  const given = file && statSync(path, { throwIfNoEntry: false });
  if (!given) return false;
  const own = statSync(`/proc/self/ns/${file}`);
  return given.ino === own.ino && given.dev === own.dev;
}

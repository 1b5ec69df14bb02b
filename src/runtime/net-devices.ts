import { closeSync } from 'node:fs';
import { EngineError, messageOf } from '../base/errors.ts';
import { moveInterface } from '../kernel/netlink/move-interface.ts';
import { inNetworkNamespace, openNetworkNamespace } from '../kernel/namespaces.ts';
import type { Spec } from '../oci/runtime-spec.ts';

const MAX_NAME_BYTES = 15;

/**
 * What `linux.netDevices` asks for must be possible (config-linux.md, "Network Devices").
 * @throws EngineError invalid-parameter
 */
export function checkNetDevices({ linux }: Spec, rootless: boolean): void {
  const entries = Object.entries(linux?.netDevices ?? {});
  if (entries.length === 0) return;
  const invalid = (reason: string) => new EngineError('invalid-parameter', `linux.netDevices: ${reason}`);
  if (rootless) throw invalid('network devices are not supported for rootless containers');
  if (!linux?.namespaces?.some(({ type }) => type === 'network'))
    throw invalid('unable to move network devices without a private NET namespace');
  for (const name of entries.flatMap(([given, { name: wanted }]) => [given, wanted ?? given]))
    if (!isInterfaceName(name)) throw invalid(`invalid network device name ${JSON.stringify(name)}`);
}

/** What the kernel takes (dev_valid_name of net/core/dev.c). */
function isInterfaceName(name: string): boolean {
  return (
    /^[^\s/:]+$/.test(name) && Buffer.byteLength(name) <= MAX_NAME_BYTES && name !== '.' && name !== '..'
  );
}

/**
 * Moves the host's network devices that the spec lists into the network namespace of a process. When one cannot
 * be moved, the others come back.
 * @throws EngineError system
 */
export function moveNetDevices({ linux }: Spec, pid: number): void {
  const entries = Object.entries(linux?.netDevices ?? {});
  if (entries.length === 0) return;
  const [host, container] = [openNetworkNamespace(), openNetworkNamespace(pid)];
  const moved: [string, string][] = [];
  try {
    for (const [name, { name: newName = name }] of entries) {
      moveInterface({ name, namespace: container, newName });
      moved.push([name, newName]);
    }
  } catch (error) {
    inNetworkNamespace(container, () => {
      for (const [name, newName] of moved) moveInterface({ name: newName, namespace: host, newName: name });
    });
    throw new EngineError('system', `linux.netDevices: ${messageOf(error)}`, { cause: error });
  } finally {
    closeSync(host);
    closeSync(container);
  }
}

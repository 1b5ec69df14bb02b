import type { Endpoint } from '../../../networkdriver/driver.ts';
import { NetworkNamespace } from '../../../networkdriver/network-namespace.ts';
import type { Container } from '../../model/container.ts';
import type { Daemon } from '../daemon.ts';
import { networkOwner } from './joined-containers.ts';
import { openNetworkNamespaceOf } from '../../model/open-namespaces.ts';

/**
 * Takes a container that has ended out of its networks, in the order in which it has joined them. Containers that share
 * its network go on without, as with Docker: its address may be another's soon. Never rejects.
 */
export async function leaveNetworks(daemon: Daemon, container: Container): Promise<void> {
  container.closeHeldPorts();
  daemon.names.closeSandbox(container);
  const { endpoints, unpublishedPorts } = container.state;
  const shared = endpoints.length > 0 ? openSharedNamespaces(daemon, container) : [];
  for (const connection of endpoints) {
    try {
      const namespace = shared.find(candidate => candidate.hasInterface(named(connection.endpoint)));
      await daemon.networks.disconnect(container.id, connection, namespace);
    } catch (error) {
      daemon.log.error({ container: container.id, error: String(error) }, 'leaving a network');
    }
  }
  for (const namespace of shared) namespace.close();
  daemon.networks.releasePorts(unpublishedPorts);
}

function named({ interfaceName: name, macAddress }: Endpoint): { name: string; macAddress: string } {
  return { name, macAddress };
}

/** Those of running containers that may be this one's, or that of an earlier run. */
function openSharedNamespaces(daemon: Daemon, container: Container): NetworkNamespace[] {
  const namespaces: NetworkNamespace[] = [];
  for (const other of daemon.containers.all()) {
    if (!other.isRunning || !mayShare(daemon, other, container)) continue;
    try {
      namespaces.push(NetworkNamespace.inUse(openNetworkNamespaceOf(daemon, other.id)));
    } catch {
      // It has just ended, too.
    }
  }
  return namespaces;
}

function mayShare(daemon: Daemon, other: Container, container: Container): boolean {
  if (other.record.hostConfig.NetworkMode.kind !== 'container') return false;
  const owner = networkOwner(daemon, other);
  // Itself, when a container between them has been removed.
  return owner === container || owner === other;
}

import { closeSync } from 'node:fs';

import type { NetworkNamespace } from '../../networkdriver/network-namespace.ts';
import type { PortBinding } from '../../networkdriver/driver.ts';
import type { Container } from '../containers/container.ts';
import type { ContainerRecord } from '../containers/container-record.ts';
import { portBindings } from '../create/ports.ts';
import type { Daemon } from '../daemon.ts';
import { conflict, prefixed } from '../errors.ts';
import type { Connection } from '../networks/networks.ts';
import { own } from '../../base/own.ts';

export type JoinedNetworks = {
  /** The descriptor of the namespace for the container; undefined for the host's. */
  namespace: number | undefined;
  connections: Connection[];
  /** To be kept by the container. */
  descriptors: number[];
  /** Closes the engine's own descriptors. Idempotent. */
  close(): void;
};

/**
 * The container's network namespace, connected to its networks. On failure nothing is left.
 * @throws EngineError in Docker's words
 */
export async function joinNetworks(daemon: Daemon, container: Container): Promise<JoinedNetworks> {
  const mode = container.record.hostConfig.NetworkMode ?? 'bridge';
  if (mode === 'host')
    return { namespace: undefined, connections: [], descriptors: [], close: () => undefined };
  if (mode.startsWith('container:')) return shared(daemon, mode.slice('container:'.length));
  const names = Object.keys(container.record.networks);
  try {
    return await connected(daemon, container, names);
  } catch (error) {
    throw prefixed('failed to set up container networking', error);
  }
}

function shared({ containers }: Daemon, id: string): JoinedNetworks {
  const target = containers.find(id);
  const { status } = target.state;
  if (!target.isRunning) throw conflict(`cannot join network of a non running container: ${target.id}`);
  if (status === 'restarting') {
    throw conflict(`Container ${target.id} is restarting, wait until the container is running`);
  }
  // The spec names it by path.
  return { namespace: undefined, connections: [], descriptors: [], close: () => undefined };
}

async function connected(daemon: Daemon, container: Container, names: string[]): Promise<JoinedNetworks> {
  const { networks } = daemon;
  // An unknown network is found out before anything is made.
  for (const name of names) networks.find(name);
  const namespace = await networks.takeNamespace({ connected: names.some(name => name !== 'none') });
  const connections: Connection[] = [];
  const descriptors: number[] = [];
  const close = once(() => {
    namespace.close();
    for (const descriptor of descriptors) closeSync(descriptor);
  });
  try {
    for (const name of names) {
      const joined = await connectOne(daemon, container, { name, namespace, index: connections.length });
      connections.push(joined.connection);
      descriptors.push(...joined.descriptors);
    }
    return { namespace: namespace.descriptor, connections, descriptors, close };
  } catch (error) {
    for (const connection of connections) await networks.disconnect(container.id, connection);
    close();
    throw error;
  }
}

type Target = { name: string; namespace: NetworkNamespace; index: number };

function connectOne(
  { networks, options }: Daemon,
  { record }: Container,
  { name, namespace, index }: Target,
) {
  const wanted = own(record.networks, name) ?? {};
  return networks.connect({
    containerId: record.id,
    containerName: record.name,
    network: name,
    namespace,
    interfaceName: `eth${index}`,
    ipv4Address: wanted.IPAMConfig?.IPv4Address ?? '',
    macAddress: wanted.MacAddress ?? '',
    ports: index === 0 ? publishedPorts(record, options.publishIp) : [],
    defaultRoute: index === 0,
  });
}

function publishedPorts({ config, hostConfig }: ContainerRecord, publishIp: string): PortBinding[] {
  return portBindings(config, hostConfig).map(port => ({ ...port, hostIp: port.hostIp || publishIp }));
}

function once(task: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) task();
    isDone = true;
  };
}

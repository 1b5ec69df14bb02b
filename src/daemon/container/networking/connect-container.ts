import { EngineError, errorCode } from '../../../base/errors.ts';
import { deleteLink } from '../../../kernel/netlink/link-messages.ts';
import { own } from '../../../base/own.ts';
import { NetworkNamespace } from '../../../networkdriver/network-namespace.ts';
import type { Container } from '../../model/container.ts';
import type { Daemon } from '../daemon.ts';
import type { EndpointConfig } from '../../model/endpoint-config.ts';
import { conflict, invalid, notFound } from '../../model/errors.ts';
import { addOwnHosts, removeOwnHosts, writeResolvConf } from './host-files.ts';
import { keepPorts } from './keep-ports.ts';
import { leadRelays } from './lead-relays.ts';
import { connectOne, gatewayCandidate, mainNetwork } from './join-networks.ts';
import { openNetworkNamespaceOf } from '../../model/open-namespaces.ts';
import { checkConnectable } from '../../network/check-connectable.ts';
import { checkEndpointSettings, interfaceName, settingsOf } from '../../network/endpoint-settings.ts';
import { orderGateways } from '../../network/gateway-order.ts';
import { isUserDefined, type NetworkRecord } from '../../model/network-record.ts';
import type { Connection } from '../../network/networks.ts';

/**
 * Connects a container to a network: at once when it runs, else when it starts. On failure it is as it was.
 * @throws EngineError in Docker's words
 */
export async function connectContainer(
  daemon: Daemon,
  container: Container,
  { network, settings }: { network: NetworkRecord; settings: EndpointConfig },
): Promise<void> {
  await daemon.locks.run(container.id, async () => {
    const { record } = container;
    refuseRemoved(container);
    if (network.configOnly) throw notFound(`network ${network.name} not found`);
    checkEndpointSettings(network.name, settings, network);
    checkConnectable(
      mainNetwork(daemon.networks, record),
      network.name,
      Object.keys(record.networks).filter(name => name !== network.name),
    );
    if (connectionTo(container, network) !== undefined)
      throw new EngineError(
        'forbidden',
        `endpoint with name ${container.name} already exists in network ${network.name}`,
      );
    const before = record.networks;
    record.networks = { ...before, [network.name]: settings };
    try {
      if (runs(container)) await connectRunning(daemon, container, network);
      else daemon.store.saveRecord(record);
    } catch (error) {
      record.networks = before;
      throw error;
    }
  });
}

/**
 * Takes a container out of a network.
 * @throws EngineError in Docker's words
 */
export async function disconnectContainer(
  daemon: Daemon,
  container: Container,
  network: NetworkRecord,
): Promise<void> {
  await daemon.locks.run(container.id, async () => {
    const { record } = container;
    refuseRemoved(container);
    if (network.name === 'host' && mainNetwork(daemon.networks, record) === 'host')
      throw invalid(
        'cannot disconnect container from host network - container was created in host network mode',
      );
    if (own(record.networks, network.name) === undefined)
      throw conflict(`container ${container.id} is not connected to network ${network.name}`);
    const connection = connectionTo(container, network);
    if (connection !== undefined && runs(container)) await disconnectRunning(daemon, container, connection);
    forgetNetwork(daemon, container, network.name);
  });
}

/**
 * Has a container not go to a network any more that has been removed while the container did not run.
 * @throws EngineError in Docker's words
 */
export async function disconnectFromRemoved(
  daemon: Daemon,
  container: Container,
  network: string,
): Promise<void> {
  await daemon.locks.run(container.id, async () => {
    refuseRemoved(container);
    if (own(container.record.networks, network) === undefined)
      throw new EngineError('system', `container ${container.id} is not connected to the network ${network}`);
    forgetNetwork(daemon, container, network);
  });
}

function forgetNetwork(daemon: Daemon, container: Container, network: string): void {
  const { [network]: _, ...rest } = container.record.networks;
  container.record.networks = rest;
  daemon.store.saveContainer(container);
}

export function refuseRemoved(container: Container): void {
  if (container.isRemoved || container.isMarkedForRemoval)
    throw conflict(
      `Container ${container.id} is marked for removal and cannot be connected or disconnected to the network`,
    );
}

/** Whether it has a namespace to connect: one that waits to be restarted has none. */
export function runs({ isRunning, state }: Container): boolean {
  return isRunning && state.status !== 'restarting';
}

function connectionTo({ state }: Container, { id }: NetworkRecord): Connection | undefined {
  return state.endpoints.find(({ endpoint }) => endpoint.networkId === id);
}

async function connectRunning(daemon: Daemon, container: Container, network: NetworkRecord): Promise<void> {
  const { state, cleanedUp } = container;
  const namespace = NetworkNamespace.inUse(openNetworkNamespaceOf(daemon, container.id));
  try {
    const taken = state.endpoints.map(({ endpoint }) => endpoint.interfaceName);
    state.connecting = interfaceName(settingsOf(container.record, network.name), network, taken);
    daemon.store.saveState(container.id, state);
    const before = gatewayOf(daemon, container, state.endpoints);
    const others = [...state.endpoints];
    const publishes = before === undefined && !network.internal && state.unpublishedPorts.length === 0;
    const { connection, descriptors } = await connectOne(daemon, container, {
      network,
      namespace,
      taken,
      isGateway: publishes,
    });
    await keepPorts(container, descriptors);
    try {
      // It has ended meanwhile, and what it had is taken away.
      if (container.cleanedUp !== cleanedUp) throw conflict(`container ${container.id} is not running`);
      state.endpoints = [...others, connection];
      await moveGateway(daemon, container, { namespace, from: before });
      await leadRelays(daemon, container);
      await giveNames(daemon, container, { namespace, connection });
      addOwnHosts(daemon, container, connection);
      state.connecting = '';
      daemon.store.saveContainer(container);
    } catch (error) {
      state.endpoints = state.endpoints.filter(other => other !== connection);
      await leadRelays(daemon, container);
      await daemon.networks.disconnect(container.id, connection, namespace);
      throw error;
    }
  } finally {
    state.connecting = '';
    namespace.close();
  }
}

/** Takes away what a daemon that was killed had begun to give a running container, and could not note. */
export function undoConnecting(daemon: Daemon, { id, state }: Container): void {
  const { connecting: name = '', endpoints } = state;
  if (name === '' || endpoints.some(({ endpoint }) => endpoint.interfaceName === name)) return;
  const namespace = NetworkNamespace.inUse(openNetworkNamespaceOf(daemon, id));
  try {
    namespace.routes.request([deleteLink({ name })]);
  } catch (error) {
    if (errorCode(error) !== 'ENODEV') throw error;
  } finally {
    namespace.close();
  }
  state.connecting = '';
  daemon.store.saveState(id, state);
}

async function disconnectRunning(
  daemon: Daemon,
  container: Container,
  connection: Connection,
): Promise<void> {
  const { state } = container;
  const namespace = NetworkNamespace.inUse(openNetworkNamespaceOf(daemon, container.id));
  try {
    const before = gatewayOf(daemon, container, state.endpoints);
    state.endpoints = state.endpoints.filter(other => other !== connection);
    await moveGateway(daemon, container, { namespace, from: before });
    await leadRelays(daemon, container);
    await daemon.names.leave(container, connection);
    await daemon.networks.disconnect(container.id, connection, namespace);
    removeOwnHosts(daemon, container, connection);
  } finally {
    namespace.close();
  }
}

/** On its first user-defined network, a container gets a name server, which others tell where it asks further. */
async function giveNames(
  daemon: Daemon,
  container: Container,
  { namespace, connection }: { namespace: NetworkNamespace; connection: Connection },
): Promise<void> {
  const isFirst = isUserDefined(connection.network) && !daemon.names.isOpen(container);
  if (isFirst) {
    await daemon.names.open(container, namespace.descriptor);
    await daemon.names.run(container);
    writeResolvConf(daemon, container);
  }
  await daemon.names.join(container, isFirst ? container.state.endpoints : [connection]);
}

/** Has the default route, and the published ports, go by the network that is now the best for it. */
async function moveGateway(
  daemon: Daemon,
  container: Container,
  { namespace, from }: { namespace: NetworkNamespace; from: Connection | undefined },
): Promise<void> {
  const to = gatewayOf(daemon, container, container.state.endpoints);
  if (to === from) return;
  const addresses = to === undefined ? [] : to.endpoint.addresses;
  const gateways = addresses.map(({ gateway }) => gateway);
  namespace.setGateways(gateways.filter(gateway => gateway !== ''));
  const { state } = container;
  const ports = [
    ...state.unpublishedPorts,
    ...(from === undefined ? [] : await daemon.networks.unpublish(from)),
  ];
  state.unpublishedPorts = ports;
  if (to === undefined) return;
  await daemon.networks.republish(to, ports);
  state.unpublishedPorts = [];
}

export function gatewayOf(
  { networks }: Daemon,
  { record }: Container,
  connections: readonly Connection[],
): Connection | undefined {
  const candidates = connections.map(connection => ({
    ...gatewayCandidate(record, networks.find(connection.endpoint.networkId)),
    connection,
  }));
  return orderGateways(candidates)[0]?.connection;
}

import { formatNetworkMode } from '../../model/namespace-modes.ts';
import { closeSync } from 'node:fs';
import { hasHostBinding } from '../../../networkdriver/bridge/bridge-options.ts';
import type { PortBinding } from '../../../networkdriver/driver.ts';
import type { NetworkNamespace } from '../../../networkdriver/network-namespace.ts';
import type { Container } from '../../model/container.ts';
import type { ContainerRecord } from '../../model/container-record.ts';
import { portBindings } from '../config/ports.ts';
import type { Daemon } from '../daemon.ts';
import { prefixed } from '../../model/errors.ts';
import { lacksServers } from './host-files.ts';
import { checkConnectable } from '../../network/check-connectable.ts';
import { endpointLinks } from './endpoint-links.ts';
import {
  fixedAddresses,
  interfaceName,
  reservedAddresses,
  settingsOf,
} from '../../network/endpoint-settings.ts';
import { orderGateways } from '../../network/gateway-order.ts';
import { DEFAULT_NETWORK, isUserDefined, type NetworkRecord } from '../../model/network-record.ts';
import type { Connection, Networks } from '../../network/networks.ts';
import { addLinkLocalAddresses } from '../../network/link-local-addresses.ts';
import { setInterfaceSysctls } from '../../network/interface-sysctls.ts';
import { joinedNetwork } from './joined-containers.ts';

const EVERYWHERE = '0.0.0.0';

export type JoinedNetworks = {
  /** The descriptor of the namespace for the container; undefined for the host's. */
  namespace: number | undefined;
  connections: Connection[];
  /** To be kept by the container. */
  descriptors: number[];
  /** Closes the engine's own descriptors. Idempotent. */
  close(): void;
};

const NONE_OF_ITS_OWN: JoinedNetworks = {
  namespace: undefined,
  connections: [],
  descriptors: [],
  close: () => undefined,
};

/**
 * The container's network namespace, connected to its networks. On failure nothing is left.
 * @throws EngineError in Docker's words
 */
export async function joinNetworks(daemon: Daemon, container: Container): Promise<JoinedNetworks> {
  // The spec names another container's by path.
  if (joinedNetwork(daemon, container) !== undefined) return NONE_OF_ITS_OWN;
  try {
    return await connected(daemon, container);
  } catch (error) {
    throw prefixed('failed to set up container networking', error);
  }
}

async function connected(daemon: Daemon, container: Container): Promise<JoinedNetworks> {
  const { networks } = daemon;
  const { hostConfig } = container.record;
  const found = ownNetworks(daemon, container.record);
  if (hostConfig.NetworkMode.kind === 'host')
    return { ...NONE_OF_ITS_OWN, connections: [networks.joinHost(memberOf(daemon, container))] };
  const isConnected = found.some(({ driver }) => driver !== 'null');
  const namespace = await networks.takeNamespace({ connected: isConnected });
  const connections: Connection[] = [];
  const descriptors: number[] = [];
  const close = once(() => {
    namespace.close();
    for (const descriptor of descriptors) closeSync(descriptor);
  });
  const gateway = gatewayNetwork(container.record, found);
  const hasNames = found.some(
    ({ name }) => isUserDefined(name) || (name === DEFAULT_NETWORK && lacksServers(daemon, container.record)),
  );
  // It is made while the container is connected.
  const names = hasNames ? daemon.names.open(container, namespace.descriptor) : Promise.resolve();
  names.catch(() => undefined);
  try {
    for (const network of found) {
      const taken = connections.map(({ endpoint }) => endpoint.interfaceName);
      const isGateway = network === gateway;
      const joined = await connectOne(daemon, container, { network, namespace, taken, isGateway });
      connections.push(joined.connection);
      descriptors.push(...joined.descriptors);
    }
    namespace.discardPrepared();
    await names;
    await daemon.names.join(container, connections);
    return { namespace: namespace.descriptor, connections, descriptors, close };
  } catch (error) {
    daemon.names.closeSandbox(container);
    for (const connection of connections) await networks.disconnect(container.id, connection);
    close();
    throw error;
  }
}

/**
 * The networks of a container, in the order in which it joins them: the main one, then the others by name. An unknown
 * one is found out before anything is made.
 */
function ownNetworks({ networks }: Daemon, record: ContainerRecord): NetworkRecord[] {
  const names = Object.keys(record.networks).sort();
  const found = names.map(name => networks.find(name));
  const main = mainNetwork(networks, record);
  for (const { name } of found)
    checkConnectable(
      main,
      name,
      names.filter(other => other !== name),
    );
  return found.sort((a, b) => Number(b.name === main) - Number(a.name === main));
}

function gatewayNetwork(
  record: ContainerRecord,
  networks: readonly NetworkRecord[],
): NetworkRecord | undefined {
  const candidates = networks.map(network => ({
    ...gatewayCandidate(record, network),
    record: network,
  }));
  return orderGateways(candidates)[0]?.record;
}

/** As a way out of a container. */
export function gatewayCandidate(record: ContainerRecord, network: NetworkRecord) {
  return {
    network: network.name,
    priority: Number(settingsOf(record, network.name).GwPriority),
    internal: network.internal,
    isDualStack: network.enableIPv4 && network.enableIPv6,
  };
}

type Target = {
  network: NetworkRecord;
  namespace: NetworkNamespace;
  /** Names of the container's interfaces. */
  taken: readonly string[];
  /** Whether its default route goes this way, and it publishes the ports. */
  isGateway: boolean;
};

/** Connects a container to one of its networks. */
export async function connectOne(daemon: Daemon, container: Container, target: Target) {
  const { networks, options } = daemon;
  const { record } = container;
  const { config, hostConfig } = record;
  const { network, namespace, taken, isGateway } = target;
  const wanted = settingsOf(record, network.name);
  const joined = await networks.connect({
    ...memberOf(daemon, container),
    network: network.id,
    namespace,
    interfaceName: interfaceName(wanted, network, taken),
    addresses: fixedAddresses(wanted),
    avoid: reservedAddresses(daemon, network.name, container),
    macAddress: wanted.MacAddress,
    ports: isGateway ? portsToPublish(portBindings(config, hostConfig), network, options.publishIp) : [],
    links: network.name === 'bridge' ? endpointLinks(daemon, container) : [],
    defaultRoute: isGateway,
  });
  const { connection, descriptors } = joined;
  try {
    addLinkLocalAddresses(namespace, connection.endpoint.interfaceName, wanted);
    setInterfaceSysctls(namespace.descriptor, connection.endpoint.interfaceName, wanted);
    return joined;
  } catch (error) {
    for (const descriptor of descriptors) closeSync(descriptor);
    await networks.disconnect(record.id, connection, namespace);
    throw error;
  }
}

/** A container of a build is in no table: no event tells of it. */
function memberOf({ containers }: Daemon, { id, name }: Container) {
  return { containerId: id, containerName: name, isTold: containers.lookup(id) !== undefined };
}

/** Those that name no address are published where the network has them, else where the engine has. */
export function portsToPublish(
  ports: PortBinding[],
  network: NetworkRecord,
  publishIp: string,
): PortBinding[] {
  if (publishIp === EVERYWHERE || hasHostBinding(network)) return ports;
  return ports.map(port => ({ ...port, hostIp: port.hostIp || publishIp }));
}

function once(task: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) task();
    isDone = true;
  };
}

/** The name of the network that a container's mode names; undefined where it shares another container's. */
export function mainNetwork(networks: Networks, { hostConfig }: ContainerRecord): string | undefined {
  const { NetworkMode: mode } = hostConfig;
  if (mode.kind === 'container') return undefined;
  return networks.nameOf(formatNetworkMode(mode));
}

import { uplinkMtu } from '../../networkdriver/uplink-mtu.ts';
import { EngineError } from '../../base/errors.ts';
import { newId, shortId } from '../../base/ids.ts';
import { defaultBridgeOptions } from '../../networkdriver/bridge/bridge-options.ts';
import {
  type Endpoint,
  type JoinOptions,
  type NetworkDriver,
  type NetworkProblem,
  type PortBinding,
  type PortRelay,
  type PublishOptions,
  SubnetConflict,
} from '../../networkdriver/driver.ts';
import type { NamespacePool } from '../../networkdriver/namespace-pool.ts';
import { versionOf } from '../../networkdriver/ipam/ip.ts';
import type { NetworkNamespace } from '../../networkdriver/network-namespace.ts';
import { currentTime } from '../model/clock.ts';
import type { DaemonCore } from '../model/core.ts';
import type { DaemonOptions } from '../model/daemon-options.ts';
import { notFound } from '../model/errors.ts';
import type { EventBus } from '../model/event-bus.ts';
import type { StateStore } from '../model/state-store.ts';
import { isPredefined, newNetwork, type NetworkRecord, upgradeNetwork } from '../model/network-record.ts';
import { choosesSubnet, type DefaultNetworkOptions, defaultPools } from './default-pools.ts';

type Dependencies = {
  store: StateStore;
  events: EventBus;
  drivers: ReadonlyMap<string, NetworkDriver>;
  namespaces: Pick<NamespacePool, 'take'>;
  /** The bridge of the default network. */
  bridgeDevice: string;
};

export type ConnectOptions = Omit<JoinOptions, 'endpointId' | 'networkId'> & {
  containerId: string;
  containerName: string;
  /** Name or id. */
  network: string;
  /** Whether events tell of it: not of a container of a build. */
  isTold: boolean;
};

type HostMember = Pick<ConnectOptions, 'containerId' | 'containerName' | 'isTold'>;

type Member = { name: string; isTold: boolean };

/** Of the default network. */
/** What the functions of this sub-room use. */
export type NetworkDaemon = DaemonCore & { readonly networks: Networks };

type BridgeOptions = DefaultNetworkOptions &
  Pick<DaemonOptions, 'bridgeDisabled' | 'masquerade' | 'mtu' | 'icc' | 'publishIp'>;

export type Connection = { network: string; endpoint: Endpoint };

/** Whether it leads anywhere: one to `none` or `host` does not. */
export function hasInterface({ endpoint }: Connection): boolean {
  return endpoint.interfaceName !== '';
}

/** The networks of an engine, and who is connected to them. */
export class Networks {
  readonly #dependencies: Dependencies;
  readonly #networks: NetworkRecord[];
  /** By network id: who is connected or about to be, by endpoint id. */
  readonly #members = new Map<string, Map<string, Member>>();

  constructor(dependencies: Dependencies) {
    this.#dependencies = dependencies;
    this.#networks = dependencies.store
      .networks()
      .map(record => upgradeNetwork(record as Parameters<typeof upgradeNetwork>[0]));
  }

  /** Makes the networks that are always there, and whatever the kernel must have for all there are. */
  async open(options: BridgeOptions): Promise<void> {
    this.#ensure('none', 'null', {});
    this.#ensure('host', 'host', {});
    if (options.bridgeDisabled) this.#forget('bridge');
    else await this.#openBridge(options);
    for (const network of this.#networks)
      if (network.name !== 'bridge' && !network.configOnly)
        await this.#driver(network).createNetwork(network);
  }

  all(): NetworkRecord[] {
    return [...this.#networks];
  }

  /** By id, name, or unambiguous prefix of an id. @throws EngineError not-found, invalid-parameter, in Docker's words */
  find(reference: string): NetworkRecord {
    const found =
      this.#networks.find(({ id }) => id === reference) ??
      this.#networks.find(({ name }) => name === reference) ??
      this.#byPrefix(reference);
    if (found === undefined) throw notFound(`network ${reference} not found`);
    return found;
  }

  /** The name of what is referred to; the reference itself where there is no such network. */
  nameOf(reference: string): string {
    return this.lookup(reference)?.name ?? reference;
  }

  /** As {@link find}; undefined for none. */
  lookup(reference: string): NetworkRecord | undefined {
    try {
      return this.find(reference);
    } catch {
      return undefined;
    }
  }

  /**
   * Makes a network. What it is called, and which subnets it has, belongs to it from the beginning; others find it when
   * all of it is there. On failure nothing is left.
   * @throws EngineError in Docker's words
   */
  async create(describe: (networks: readonly NetworkRecord[]) => NetworkRecord): Promise<NetworkRecord> {
    const network = describe([...this.#networks, ...this.#pending]);
    if (!network.configOnly) network.pools = this.#withoutNeedlessGateways(network);
    this.#pending.add(network);
    try {
      if (!network.configOnly) await this.#driver(network).createNetwork(network);
      this.#save(network);
    } finally {
      this.#pending.delete(network);
    }
    this.#networks.push(network);
    this.#event('create', network);
    return network;
  }

  /** Addresses that no interface has: containers can have them. */
  #withoutNeedlessGateways(network: NetworkRecord): NetworkRecord['pools'] {
    const driver = this.#driver(network);
    return network.pools.map(pool => {
      const isAsked = pool.isSubnetGiven && pool.isGatewayGiven;
      const isNeeded = isAsked || driver.needsGateway(network, versionOf(pool.subnet));
      return isNeeded ? pool : { ...pool, gateway: '' };
    });
  }

  /** Networks that are being made or removed: `find` does not return them, but their names and subnets are taken. */
  readonly #pending = new Set<NetworkRecord>();

  /** @throws EngineError not-found, forbidden for a predefined one and one in use, in Docker's words */
  async remove(network: NetworkRecord): Promise<void> {
    const { id, name } = network;
    if (isPredefined(network)) throw forbidden(`${name} is a pre-defined network and cannot be removed`);
    const index = this.#networks.indexOf(network);
    if (index < 0) throw notFound(`network ${name} not found`);
    this.#refuseInUse(network);
    this.#dependencies.store.removeNetwork(id);
    this.#networks.splice(index, 1);
    this.#pending.add(network);
    try {
      if (!network.configOnly) await this.#driver(network).removeNetwork(id);
    } finally {
      this.#pending.delete(network);
    }
    this.#event('destroy', network);
  }

  isInUse({ id, name }: NetworkRecord): boolean {
    const lends = this.#networks.some(({ configFrom }) => configFrom === name);
    return lends || this.#members.has(id);
  }

  /** A namespace with loopback only, or one that is to be connected. The caller closes it. */
  async takeNamespace(options: { connected: boolean }): Promise<NetworkNamespace> {
    return this.#dependencies.namespaces.take(options);
  }

  /** @throws EngineError as the driver's `join` */
  async connect(options: ConnectOptions): Promise<{ connection: Connection; descriptors: number[] }> {
    const { containerId, containerName, network: reference, isTold, ...rest } = options;
    const network = this.find(reference);
    if (network.configOnly) throw notFound(`network ${network.name} not found`);
    const endpointId = newId();
    this.#addMember(network.id, endpointId, { name: containerName, isTold });
    try {
      const { endpoint, reserved } = await this.#driver(network).join({
        ...rest,
        containerName,
        endpointId,
        networkId: network.id,
      });
      if (isTold) this.#event('connect', network, containerId);
      return { connection: { network: network.name, endpoint }, descriptors: reserved.descriptors };
    } catch (error) {
      this.#removeMember(network.id, endpointId);
      throw error;
    }
  }

  /** Notes that a container shares the host's network, which needs no connection. */
  joinHost({ containerId, containerName, isTold }: HostMember): Connection {
    const network = this.find('host');
    const endpoint = {
      endpointId: newId(),
      networkId: network.id,
      interfaceName: '',
      macAddress: '',
      addresses: [],
      ports: [],
    };
    this.#addMember(network.id, endpoint.endpointId, { name: containerName, isTold });
    if (isTold) this.#event('connect', network, containerId);
    return { network: network.name, endpoint };
  }

  /** Idempotent. @param namespace of a container that goes on: then its interface is taken out */
  async disconnect(
    containerId: string,
    { endpoint }: Connection,
    namespace?: NetworkNamespace,
  ): Promise<void> {
    const network = this.#networks.find(({ id }) => id === endpoint.networkId);
    const member = this.#members.get(endpoint.networkId)?.get(endpoint.endpointId);
    if (network === undefined || member === undefined) return;
    await this.#driver(network).leave(endpoint, namespace === undefined ? {} : { namespace });
    this.#removeMember(network.id, endpoint.endpointId);
    if (member.isTold) this.#event('disconnect', network, containerId);
  }

  /**
   * Publishes further ports.
   * @returns the ports as bound, and the sockets to be kept by the container
   * @throws EngineError as the driver's `publish`
   */
  async publish(
    { endpoint }: Connection,
    options: PublishOptions,
  ): Promise<{ ports: PortBinding[]; descriptors: number[] }> {
    const { ports, reserved } = await this.#driver(this.find(endpoint.networkId)).publish(endpoint, options);
    endpoint.ports = [...endpoint.ports, ...ports];
    return { ports, descriptors: reserved.descriptors };
  }

  /** Stops ports that a connection publishes: they stay bound. */
  async unpublish({ endpoint }: Connection, ports = endpoint.ports): Promise<PortBinding[]> {
    if (ports.length === 0) return [];
    await this.#driver(this.find(endpoint.networkId)).unpublish(endpoint, ports);
    endpoint.ports = endpoint.ports.filter(port => !ports.includes(port));
    return ports;
  }

  /** @param ports bound by the same container */
  async republish({ endpoint }: Connection, ports: readonly PortBinding[]): Promise<void> {
    if (ports.length === 0) return;
    await this.#driver(this.find(endpoint.networkId)).republish(endpoint, ports);
    endpoint.ports = [...ports];
  }

  /** As the driver's `relays`. */
  relays({ endpoint }: Connection): PortRelay[] {
    return this.#driver(this.find(endpoint.networkId)).relays(endpoint);
  }

  /** Of a container that has ended. */
  releasePorts(ports: readonly PortBinding[]): void {
    for (const driver of this.#dependencies.drivers.values()) driver.releasePorts(ports);
  }

  /** Tells the drivers which endpoints and ports are still in use; what they find of others, they take away. */
  async restore(
    members: readonly { endpoint: Endpoint; containerName: string }[],
    ports: readonly PortBinding[],
  ): Promise<void> {
    for (const { endpoint, containerName } of members)
      this.#addMember(endpoint.networkId, endpoint.endpointId, { name: containerName, isTold: true });
    for (const driver of new Set(this.#dependencies.drivers.values())) {
      const isOurs = ({ networkId }: Endpoint): boolean =>
        this.#networks.some(network => network.id === networkId && this.#driver(network) === driver);
      const endpoints = members.map(({ endpoint }) => endpoint).filter(isOurs);
      await driver.restore(endpoints, ports);
    }
  }

  /** What networks may name as their driver. */
  driverNames(): string[] {
    return [...this.#dependencies.drivers.keys()].sort();
  }

  /** What on the host keeps networks from working. */
  async problems(): Promise<NetworkProblem[]> {
    const drivers = new Set(this.#dependencies.drivers.values());
    return (await Promise.all([...drivers].map(driver => driver.problems()))).flat();
  }

  /** Takes away what the kernel has of the networks; {@link open} makes it again. No container may be connected. */
  async withdraw(): Promise<void> {
    for (const network of this.#networks)
      if (!network.configOnly) await this.#driver(network).removeNetwork(network.id);
  }

  #addMember(networkId: string, endpointId: string, member: Member): void {
    const members = this.#members.get(networkId) ?? new Map<string, Member>();
    this.#members.set(networkId, members.set(endpointId, member));
  }

  #removeMember(networkId: string, endpointId: string): void {
    const members = this.#members.get(networkId);
    members?.delete(endpointId);
    if (members?.size === 0) this.#members.delete(networkId);
  }

  #refuseInUse(network: NetworkRecord): void {
    const { id, name } = network;
    const failure = (problem: string) => forbidden(`error while removing network: ${problem}`);
    if (this.#networks.some(({ configFrom }) => configFrom === name))
      throw failure(`configuration network "${name}" is in use`);
    const members = [...(this.#members.get(id) ?? [])];
    if (members.length === 0) return;
    const list = members
      .map(([endpointId, { name: who }]) => `name:"${who}" id:"${shortId(endpointId)}"`)
      .join(', ');
    throw failure(`network ${name} has active endpoints (${list})`);
  }

  #byPrefix(reference: string): NetworkRecord | undefined {
    const matches = this.#networks.filter(({ id }) => reference !== '' && id.startsWith(reference));
    if (matches.length > 1)
      throw new EngineError(
        'invalid-parameter',
        `network ${reference} is ambiguous (${matches.length} matches found on id prefix)`,
      );
    return matches[0];
  }

  async #openBridge(options: BridgeOptions): Promise<void> {
    const { bridgeDevice: device } = this.#dependencies;
    const known = this.#networks.find(({ name }) => name === 'bridge')?.pools ?? [];
    const others = this.#networks.filter(({ name }) => name !== 'bridge');
    const taken = others.flatMap(({ pools }) => pools.map(({ subnet }) => subnet));
    for (;;) {
      const pools = defaultPools(options, { known, taken, device });
      const network = this.#ensure('bridge', 'bridge', {
        pools,
        enableIPv6: options.ipv6,
        options: defaultBridgeOptions({
          ...options,
          mtu: options.mtu || uplinkMtu(),
          device,
          hostBinding: options.publishIp,
        }),
      });
      try {
        return await this.#driver(network).createNetwork(network);
      } catch (error) {
        const subnet = pools[0]?.subnet;
        // Another daemon was quicker, or has taken it while this one did not run.
        if (
          !(error instanceof SubnetConflict) ||
          !choosesSubnet(options) ||
          subnet === undefined ||
          taken.includes(subnet)
        )
          throw error;
        taken.push(subnet);
      }
    }
  }

  #forget(name: string): void {
    const index = this.#networks.findIndex(network => network.name === name);
    if (index < 0) return;
    const [network] = this.#networks.splice(index, 1);
    if (network !== undefined) this.#dependencies.store.removeNetwork(network.id);
  }

  #ensure(name: string, driver: string, settings: Partial<NetworkRecord>): NetworkRecord {
    const index = this.#networks.findIndex(network => network.name === name);
    const record = newNetwork({
      id: newId(),
      name,
      driver,
      createdAt: currentTime(),
      ...this.#networks[index],
      ...settings,
    });
    this.#save(record);
    if (index < 0) this.#networks.push(record);
    else this.#networks[index] = record;
    return record;
  }

  #save(network: NetworkRecord): void {
    this.#dependencies.store.saveNetwork(network.id, network.name, network);
  }

  #driver({ driver }: NetworkRecord): NetworkDriver {
    const found = this.#dependencies.drivers.get(driver);
    if (found === undefined) throw notFound(`plugin "${driver}" not found`);
    return found;
  }

  #event(action: string, { id, name, driver: type }: NetworkRecord, container?: string): void {
    const attributes = { ...(container === undefined ? {} : { container }), name, type };
    this.#dependencies.events.publish({ Type: 'network', Action: action, id, attributes });
  }
}

function forbidden(message: string): EngineError {
  return new EngineError('forbidden', message);
}

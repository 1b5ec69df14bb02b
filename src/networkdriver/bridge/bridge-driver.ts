import { closeSync, existsSync } from 'node:fs';
import { EngineError, messageOf } from '../../base/errors.ts';
import { NETLINK_ROUTE } from '../../kernel/abi/netlink.ts';
import { dumpLinks, parseLink } from '../../kernel/netlink/link-messages.ts';
import { NetlinkSocket } from '../../kernel/netlink/netlink-socket.ts';
import {
  addressOf,
  type Endpoint,
  type JoinOptions,
  type NetworkDriver,
  type NetworkOptions,
  type NetworkProblem,
  type PortBinding,
  type PortRelay,
  type PublishOptions,
  type ReservedPorts,
} from '../driver.ts';
import { type IpVersion, versionOf } from '../ipam/ip.ts';
import { macAddressFor } from '../ipam/mac-address.ts';
import type { EndpointAddress } from '../ipam/network-addresses.ts';
import type { NetworkNamespace } from '../network-namespace.ts';
import { uplinkMtu } from '../uplink-mtu.ts';
import {
  allowHairpin,
  attachInterface,
  attachInterfaceAsync,
  detachInterface,
  findPair,
  takePair,
} from './attach-interface.ts';
import { ensureBridge, listBridges, removeBridge, removeLink, separatePorts } from './bridge-device.ts';
import {
  attachOptions,
  type BridgeNetwork,
  checkPools,
  endpointAddresses,
  endpointOf,
  gatewaysOf,
  routedVersions,
} from './bridge-network.ts';
import { isDefaultBridge, readBridgeOptions } from './bridge-options.ts';
import { Firewall } from './firewall.ts';
import { forgetEarlierUdpFlows, forgetUdpFlowsTo } from './forget-udp-flows.ts';
import { holdBridge } from './hold-bridge.ts';
import { hostProblems } from './host-problems.ts';
import { type BoundPort, PortAllocator } from './port-allocator.ts';
import { PreparedEndpoints } from './prepared-endpoints.ts';
import { type PublishedElement, publishedElements } from './published-elements.ts';
import { portRequests } from './port-requests.ts';

export type BridgeDriverOptions = {
  /** The nftables table; engines side by side have one each. */
  table: string;
  /** Whether ports of containers that have IPv4 only are published at the host's IPv6 addresses, too. */
  relay: boolean;
  /** Whether the firewalls of others decide about what containers send and get, or are made to accept it. */
  firewallMode: 'host' | 'docker';
};

/**
 * Networks that are Linux bridges on the host, with NAT or without, and ports published by the kernel alone: all of it
 * goes on while the engine is not running. A port of an IP version leads to endpoints' addresses of that version.
 */
export class BridgeDriver implements NetworkDriver {
  readonly type = 'bridge';
  readonly #options: BridgeDriverOptions;
  readonly #host = new NetlinkSocket(NETLINK_ROUTE);
  readonly #firewall: Firewall;
  readonly #ports = new PortAllocator();
  readonly #networks = new Map<string, BridgeNetwork>();
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #prepared = new PreparedEndpoints();
  #restored = false;

  constructor(options: BridgeDriverOptions) {
    this.#options = options;
    this.#firewall = new Firewall(options.table, { opensOthers: options.firewallMode === 'docker' });
  }

  /** An isolated bridge has no address. */
  needsGateway(network: Pick<NetworkOptions, 'internal' | 'options'>, version: IpVersion): boolean {
    return readBridgeOptions(network).modes[version] !== 'isolated';
  }

  async createNetwork(options: NetworkOptions): Promise<void> {
    const read = readBridgeOptions(options);
    const settings = { ...read, mtu: read.mtu || uplinkMtu() };
    const device = settings.device || `br-${options.id.slice(0, 12)}`;
    checkPools(options);
    this.#refuseSharedDevice(options, device);
    const known = this.#networks.get(options.id);
    await using undo = new AsyncDisposableStack();
    const release =
      known?.release ??
      undo.adopt(
        holdBridge(
          device,
          options.pools.map(({ subnet }) => subnet),
        ),
        free => free(),
      );
    const { index, isNew } = ensureBridge(this.#host, {
      device,
      gateways: gatewaysOf(options, settings),
      mtu: settings.mtu,
      owner: this.#ownerOf(options.id),
    });
    if (isNew) undo.defer(() => removeBridge({ device, owner: this.#ownerOf(options.id) }));
    this.#networks.set(options.id, {
      options,
      settings: { ...settings, device },
      bridgeIndex: index,
      isolated: !settings.icc && separatePorts(this.#host, { index, device }),
      addresses: known?.addresses ?? endpointAddresses(options),
      release,
    });
    if (known === undefined)
      undo.defer(() => {
        this.#networks.delete(options.id);
      });
    await this.#setFirewall();
    undo.move();
  }

  async removeNetwork(networkId: string): Promise<void> {
    const network = this.#networks.get(networkId);
    if (network === undefined) return;
    this.#networks.delete(networkId);
    try {
      await this.#setFirewall();
      await removeBridge({ device: network.settings.device, owner: this.#ownerOf(networkId) });
    } finally {
      network.release();
    }
  }

  async join(options: JoinOptions): Promise<{ endpoint: Endpoint; reserved: ReservedPorts }> {
    const network = this.#network(options.networkId);
    const prepared = await this.#prepared.take(options);
    await using undo = new AsyncDisposableStack();
    const addresses = prepared?.addresses ?? network.addresses.allocate(options.addresses, options.avoid);
    undo.defer(() => network.addresses.release(addresses));
    const bound = await this.#bindPorts(network, options, addresses);
    undo.defer(() => this.#releasePorts(bound));
    const endpoint = endpointOf(network, options, { addresses, bound });
    const pair = takePair(this.#host, options.namespace, {
      interfaceName: options.interfaceName,
      owner: this.#ownerOfPair(options.endpointId),
    });
    undo.defer(() => detachInterface(options.namespace, options.interfaceName));
    if (prepared === undefined)
      attachInterface(
        attachOptions(network, {
          host: this.#host,
          namespace: options.namespace,
          pair,
          endpoint,
          defaultRoute: options.defaultRoute,
        }),
      );
    // Ports may come to be published by this endpoint later.
    if (endpoint.ports.length > 0 || !isDefaultBridge(network.options)) allowHairpin(this.#host, pair);
    undo.defer(() => this.#firewall.unpublish(this.#elements(endpoint)));
    await this.#publish(options, endpoint);
    this.#endpoints.set(endpoint.endpointId, endpoint);
    undo.move();
    return { endpoint, reserved: { descriptors: descriptorsOf(bound) } };
  }

  async leave({ endpointId }: Endpoint, options: { namespace?: NetworkNamespace }): Promise<void> {
    const endpoint = this.#endpoints.get(endpointId);
    if (endpoint === undefined) return;
    this.#endpoints.delete(endpointId);
    await this.#firewall.unpublish(this.#elements(endpoint));
    await this.#unlink(endpoint);
    await forgetUdpFlowsTo(endpoint);
    if (options.namespace !== undefined) await detachInterface(options.namespace, endpoint.interfaceName);
    for (const port of endpoint.ports) this.#ports.release(port);
    this.#networks.get(endpoint.networkId)?.addresses.release(endpoint.addresses);
  }

  async publish(
    { endpointId }: Endpoint,
    options: PublishOptions,
  ): Promise<{ ports: PortBinding[]; reserved: ReservedPorts }> {
    const { networkId, addresses, interfaceName } = this.#endpoint(endpointId);
    await using undo = new AsyncDisposableStack();
    const bound = await this.#bindPorts(this.#network(networkId), { ...options, endpointId }, addresses);
    undo.defer(() => this.#releasePorts(bound));
    const ports = bound.map(({ binding }) => binding);
    const endpoint = this.#endpoint(endpointId);
    const added = { ...endpoint, ports, links: [] };
    allowHairpin(this.#host, findPair(options.namespace, interfaceName));
    undo.defer(() => this.#firewall.unpublish(this.#elements(added)));
    await this.#publish({ ...options, endpointId }, added);
    const { ports: others, ...rest } = this.#endpoint(endpointId);
    this.#endpoints.set(endpointId, { ...rest, ports: [...others, ...ports] });
    undo.move();
    return { ports, reserved: { descriptors: descriptorsOf(bound) } };
  }

  async unpublish({ endpointId }: Endpoint, ports?: readonly PortBinding[]): Promise<void> {
    const endpoint = this.#endpoints.get(endpointId);
    if (endpoint === undefined) return;
    const gone = ports === undefined ? endpoint.ports : endpoint.ports.filter(isOneOf(ports));
    const left = endpoint.ports.filter(port => !gone.includes(port));
    this.#endpoints.set(endpointId, { ...endpoint, ports: left });
    const withdrawn = { ...endpoint, ports: gone, links: [] };
    await this.#firewall.unpublish(this.#elements(withdrawn));
    await forgetUdpFlowsTo(withdrawn);
  }

  async republish({ endpointId }: Endpoint, ports: readonly PortBinding[]): Promise<void> {
    const endpoint = this.#endpoint(endpointId);
    const published = { ...endpoint, ports: [...ports] };
    await this.#firewall.publish(this.#elements(published));
    await forgetEarlierUdpFlows(published);
    this.#endpoints.set(endpointId, published);
  }

  relays(endpoint: Endpoint): PortRelay[] {
    const network = this.#networks.get(endpoint.networkId);
    const inside = addressOf(endpoint, 4);
    if (network === undefined || inside === undefined || addressOf(endpoint, 6) !== undefined) return [];
    return endpoint.ports
      .filter(({ hostIp, hostPort }) => versionOf(hostIp) === 6 && hostPort !== 0)
      .map(from => ({
        from,
        to: { address: inside.address, port: from.containerPort, linkIndex: network.bridgeIndex },
      }));
  }

  releasePorts(ports: readonly PortBinding[]): void {
    for (const port of ports) this.#ports.release(port);
  }

  async restore(endpoints: readonly Endpoint[], ports: readonly PortBinding[]): Promise<void> {
    for (const port of ports) this.#ports.restore(port);
    for (const endpoint of endpoints) {
      this.#endpoints.set(endpoint.endpointId, endpoint);
      this.#networks.get(endpoint.networkId)?.addresses.restore(endpoint.addresses);
      for (const port of endpoint.ports) this.#ports.restore(port);
    }
    this.#restored = true;
    await this.#setFirewall();
    for (const endpoint of endpoints) this.#keepLivingLinks(endpoint);
    await this.#firewall.reconcile(
      [...this.#endpoints.values()].flatMap(endpoint => this.#elements(endpoint)),
    );
    await this.#removeStrayPairs();
    await this.#removeStrayBridges();
  }

  async prepare(namespace: NetworkNamespace): Promise<void> {
    const network = [...this.#networks.values()].find(({ options }) => isDefaultBridge(options));
    const pair = namespace.prepared;
    // Before that, an address that seems to be free may be a running container's.
    if (!this.#restored || network === undefined || pair === undefined) return;
    const addresses = network.addresses.allocate([]);
    const endpoint = { addresses, macAddress: macAddressFor(addresses) };
    const host = new NetlinkSocket(NETLINK_ROUTE);
    const attached = attachInterfaceAsync(
      attachOptions(network, { host, namespace, pair, endpoint, defaultRoute: true }),
    );
    this.#prepared.add(namespace, {
      networkId: network.options.id,
      addresses,
      ready: attached.catch(() => undefined),
      release: () => network.addresses.release(addresses),
    });
    try {
      await attached;
    } finally {
      host.close();
    }
  }

  async problems(): Promise<NetworkProblem[]> {
    const rules = this.#firewall.isWhole()
      ? []
      : [
          {
            problem: `rules of the firewall's table ${this.#options.table} are missing`,
            remedy: 'restart the daemon',
          },
        ];
    return [
      ...rules,
      ...hostProblems(this.#host, [...this.#networks.values()], this.#options.firewallMode === 'host'),
    ];
  }

  close(): void {
    for (const { release } of this.#networks.values()) release();
    this.#networks.clear();
    this.#host.close();
    this.#firewall.close();
  }

  #network(id: string): BridgeNetwork {
    const network = this.#networks.get(id);
    if (network === undefined) throw new EngineError('not-found', `network ${id} not found`);
    return network;
  }

  /** It may have been left while its ports were bound. */
  #endpoint(endpointId: string): Endpoint {
    const endpoint = this.#endpoints.get(endpointId);
    if (endpoint === undefined) throw new EngineError('not-found', `endpoint ${endpointId} not found`);
    return endpoint;
  }

  #elements(endpoint: Endpoint): PublishedElement[] {
    const network = this.#networks.get(endpoint.networkId);
    return publishedElements(endpoint, network ? routedVersions(network) : new Set<IpVersion>());
  }

  /** What others are linked to it by: its address may be another container's soon. */
  async #unlink({ networkId, addresses }: Endpoint): Promise<void> {
    const own = new Set(addresses.map(({ address }) => address));
    for (const other of this.#endpoints.values()) {
      const gone = (other.links ?? []).filter(({ from, to }) => own.has(from) || own.has(to));
      if (other.networkId !== networkId || gone.length === 0) continue;
      await this.#firewall.unpublish(this.#elements({ ...other, ports: [], links: gone }));
      this.#endpoints.set(other.endpointId, {
        ...other,
        links: (other.links ?? []).filter(link => !gone.includes(link)),
      });
    }
  }

  /** For an endpoint whose peers may have gone while no daemon ran. */
  #keepLivingLinks(endpoint: Endpoint): void {
    if (endpoint.links === undefined) return;
    const peers = [...this.#endpoints.values()].filter(({ networkId }) => networkId === endpoint.networkId);
    const living = new Set(peers.flatMap(({ addresses }) => addresses.map(({ address }) => address)));
    const links = endpoint.links.filter(({ from, to }) => living.has(from) && living.has(to));
    this.#endpoints.set(endpoint.endpointId, { ...endpoint, links });
  }

  /** What is noted at bridges: engines side by side have tables of their own. */
  #ownerOf(networkId: string): string {
    return `${this.#options.table} network ${networkId}`;
  }

  #ownerOfPair(endpointId: string): string {
    return `${this.#options.table} endpoint ${endpointId}`;
  }

  /** Of containers that have been connected by an engine that was killed before it could note that. */
  async #removeStrayPairs(): Promise<void> {
    const owners = new Set([...this.#endpoints.keys()].map(id => this.#ownerOfPair(id)));
    for (const { index, alias } of this.#host.dump(dumpLinks()).map(parseLink))
      if (alias.startsWith(this.#ownerOfPair('')) && !owners.has(alias)) await removeLink(index);
  }

  async #removeStrayBridges(): Promise<void> {
    const owners = new Set([...this.#networks.keys()].map(id => this.#ownerOf(id)));
    for (const { name, alias } of listBridges(this.#host))
      if (alias.startsWith(this.#ownerOf('')) && !owners.has(alias))
        await removeBridge({ device: name, owner: alias });
  }

  #refuseSharedDevice({ id }: NetworkOptions, device: string): void {
    const other = [...this.#networks.values()].find(({ settings }) => settings.device === device);
    if (other === undefined || other.options.id === id) return;
    throw new EngineError(
      'forbidden',
      `cannot create network ${id} (${device}): conflicts with network ${other.options.id} (${device}): networks have same bridge name`,
    );
  }

  /** A driver that has just been opened changes nothing before it knows of all networks. */
  async #setFirewall(): Promise<void> {
    if (!this.#restored) return;
    const networks = [...this.#networks.values()].map(({ options, settings }) => ({
      device: settings.device,
      subnets: options.pools.map(({ subnet }) => subnet),
      internal: options.internal,
      icc: settings.icc,
      masquerade: settings.masquerade,
      modes: settings.modes,
      sources: settings.sources,
      trusted: settings.trusted,
    }));
    await this.#firewall.setNetworks(networks);
  }

  async #bindPorts(
    network: BridgeNetwork,
    options: PublishedBy,
    addresses: readonly EndpointAddress[],
  ): Promise<BoundPort[]> {
    if (network.options.internal) return [];
    try {
      const { requests, routed } = portRequests(options.ports, addresses, {
        ...network.settings,
        canRelay: this.#options.relay && existsSync('/proc/net/if_inet6'),
      });
      return [...(await this.#ports.bind(requests)), ...routed];
    } catch (error) {
      throw connectivityError(options, error);
    }
  }

  #releasePorts(bound: readonly BoundPort[]): void {
    for (const { binding, descriptor } of bound) {
      this.#ports.release(binding);
      if (descriptor !== undefined) closeSync(descriptor);
    }
  }

  async #publish(options: PublishedBy, endpoint: Endpoint): Promise<void> {
    try {
      await this.#firewall.publish(this.#elements(endpoint));
      await forgetEarlierUdpFlows(endpoint);
    } catch (error) {
      throw connectivityError(options, error);
    }
  }
}

type PublishedBy = Pick<JoinOptions, 'containerName' | 'endpointId' | 'ports'>;

function descriptorsOf(bound: readonly BoundPort[]): number[] {
  return bound.map(({ descriptor }) => descriptor).filter(one => one !== undefined);
}

function isOneOf(ports: readonly PortBinding[]): (port: PortBinding) => boolean {
  const keys = new Set(ports.map(keyOf));
  return port => keys.has(keyOf(port));
}

function keyOf({ protocol, containerPort, hostIp, hostPort }: PortBinding): string {
  return [protocol, containerPort, hostIp, hostPort].join(' ');
}

function connectivityError({ containerName, endpointId }: PublishedBy, error: unknown): EngineError {
  const kind = error instanceof EngineError ? error.kind : 'system';
  return new EngineError(
    kind,
    `driver failed programming external connectivity on endpoint ${containerName} (${endpointId}): ${messageOf(error)}`,
    { cause: error },
  );
}

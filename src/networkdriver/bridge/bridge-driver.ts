import { closeSync } from 'node:fs';
import { EngineError, messageOf } from '../../base/errors.ts';
import { NETLINK_ROUTE } from '../../kernel/abi/netlink.ts';
import { NetlinkSocket } from '../../kernel/netlink/netlink-socket.ts';
import { AddressPool } from '../address-pool.ts';
import type { Endpoint, JoinOptions, NetworkDriver, NetworkOptions, ReservedPorts } from '../driver.ts';
import { parseIpv4 } from '../ipv4.ts';
import { type BoundPort, PortAllocator } from '../port-allocator.ts';
import type { NetworkNamespace } from '../network-namespace.ts';
import {
  allowHairpin,
  attachInterface,
  attachInterfaceAsync,
  type AttachOptions,
  detachInterface,
  takePair,
} from './attach-interface.ts';
import { ensureBridge, removeBridge } from './bridge-device.ts';
import { holdBridge } from './hold-bridge.ts';
import { Firewall } from './firewall.ts';
import { forgetEarlierUdpFlows, forgetUdpFlowsTo } from './forget-udp-flows.ts';
import { PreparedEndpoints } from './prepared-endpoints.ts';
import { publishedElements } from './published-elements.ts';

const DEFAULT_MTU = 1500;
const DEFAULT_NETWORK = 'bridge';
const OPTION = 'com.docker.network.bridge.';

type BridgeNetwork = {
  options: NetworkOptions;
  device: string;
  bridgeIndex: number;
  addresses: AddressPool;
  /** Lets other daemons have the bridge and the subnet. */
  release: () => void;
};

export type BridgeDriverOptions = {
  /** The nftables table; engines side by side have one each. */
  table: string;
  /** The device of the network named `bridge`, unless its options name another. */
  defaultDevice: string;
};

/**
 * Networks that are Linux bridges on the host, with IPv4, NAT, and ports published by the kernel alone: all of it
 * goes on while the engine is not running. Ports are published on IPv4 addresses only.
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
    this.#firewall = new Firewall(options.table);
  }

  async createNetwork(options: NetworkOptions): Promise<void> {
    const { subnet, gateway } = options;
    const device = this.#deviceOf(options);
    const known = this.#networks.get(options.id);
    const addresses = known?.addresses ?? new AddressPool(subnet, gateway);
    using undo = new DisposableStack();
    const release = known?.release ?? undo.adopt(holdBridge(device, subnet), free => free());
    const { prefixLength } = addresses;
    const bridgeIndex = ensureBridge(this.#host, { device, gateway, prefixLength, mtu: options.mtu });
    this.#networks.set(options.id, { options, device, bridgeIndex, addresses, release });
    undo.move();
    await this.#setFirewall();
  }

  async removeNetwork(networkId: string): Promise<void> {
    const network = this.#networks.get(networkId);
    if (network === undefined) return;
    this.#networks.delete(networkId);
    try {
      await this.#setFirewall();
      await removeBridge(network.device);
    } finally {
      network.release();
    }
  }

  async join(options: JoinOptions): Promise<{ endpoint: Endpoint; reserved: ReservedPorts }> {
    const network = this.#network(options.networkId);
    const prepared = await this.#prepared.take(options);
    await using undo = new AsyncDisposableStack();
    const ipv4Address = prepared?.ipv4Address ?? network.addresses.allocate(options.ipv4Address);
    undo.defer(() => network.addresses.release(ipv4Address));
    const bound = await this.#bindPorts(network, options, ipv4Address);
    undo.defer(() => this.#releasePorts(bound));
    const endpoint = endpointOf(network, options, { ipv4Address, bound });
    const pair = takePair(this.#host, options.namespace, options.interfaceName);
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
    if (endpoint.ports.length > 0) allowHairpin(this.#host, pair);
    undo.defer(() => this.#firewall.unpublish(publishedElements(endpoint)));
    await this.#publish(options, endpoint);
    this.#endpoints.set(endpoint.endpointId, endpoint);
    undo.move();
    return { endpoint, reserved: { descriptors: bound.map(({ descriptor }) => descriptor) } };
  }

  async leave({ endpointId }: Endpoint, options: { namespace?: NetworkNamespace }): Promise<void> {
    const endpoint = this.#endpoints.get(endpointId);
    if (endpoint === undefined) return;
    this.#endpoints.delete(endpointId);
    await this.#firewall.unpublish(publishedElements(endpoint));
    await forgetUdpFlowsTo(endpoint);
    if (options.namespace !== undefined) await detachInterface(options.namespace, endpoint.interfaceName);
    for (const port of endpoint.ports) this.#ports.release(port);
    this.#networks.get(endpoint.networkId)?.addresses.release(endpoint.ipv4Address);
  }

  async restore(endpoints: readonly Endpoint[]): Promise<void> {
    for (const endpoint of endpoints) {
      this.#endpoints.set(endpoint.endpointId, endpoint);
      this.#networks.get(endpoint.networkId)?.addresses.restore(endpoint.ipv4Address);
      for (const port of endpoint.ports) this.#ports.restore(port);
    }
    await this.#firewall.reconcile([...this.#endpoints.values()].flatMap(publishedElements));
    this.#restored = true;
  }

  async prepare(namespace: NetworkNamespace): Promise<void> {
    const network = [...this.#networks.values()].find(({ options }) => options.name === DEFAULT_NETWORK);
    const pair = namespace.prepared;
    // Before that, an address that seems to be free may be a running container's.
    if (!this.#restored || network === undefined || pair === undefined) return;
    const ipv4Address = network.addresses.allocate('');
    const endpoint = { ipv4Address, macAddress: macAddressFor(ipv4Address) };
    const host = new NetlinkSocket(NETLINK_ROUTE);
    const attached = attachInterfaceAsync(
      attachOptions(network, { host, namespace, pair, endpoint, defaultRoute: true }),
    );
    this.#prepared.add(namespace, {
      networkId: network.options.id,
      ipv4Address,
      prefixLength: network.addresses.prefixLength,
      ready: attached.catch(() => undefined),
      release: () => network.addresses.release(ipv4Address),
    });
    try {
      await attached;
    } finally {
      host.close();
    }
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

  #deviceOf({ id, name, options }: NetworkOptions): string {
    const named = options[`${OPTION}name`];
    if (named !== undefined && named !== '') return named;
    return name === DEFAULT_NETWORK ? this.#options.defaultDevice : `br-${id.slice(0, 12)}`;
  }

  async #setFirewall(): Promise<void> {
    const networks = [...this.#networks.values()].map(({ options, device }) => ({
      device,
      subnet: options.subnet,
      internal: options.internal,
      masquerade: options.options[`${OPTION}enable_ip_masquerade`] !== 'false',
    }));
    await this.#firewall.setNetworks(networks);
  }

  async #bindPorts(network: BridgeNetwork, options: JoinOptions, address: string): Promise<BoundPort[]> {
    if (network.options.internal) return [];
    const defaultHostIp = network.options.options[`${OPTION}host_binding_ipv4`] ?? '';
    const bindings = options.ports.map(port => ({ ...port, hostIp: port.hostIp || defaultHostIp }));
    try {
      return await this.#ports.bind(bindings, address);
    } catch (error) {
      throw connectivityError(options, error);
    }
  }

  #releasePorts(bound: readonly BoundPort[]): void {
    for (const { binding, descriptor } of bound) {
      this.#ports.release(binding);
      closeSync(descriptor);
    }
  }

  async #publish(options: JoinOptions, endpoint: Endpoint): Promise<void> {
    try {
      await this.#firewall.publish(publishedElements(endpoint));
      await forgetEarlierUdpFlows(endpoint);
    } catch (error) {
      throw connectivityError(options, error);
    }
  }
}

function attachOptions(
  network: BridgeNetwork,
  parts: Pick<AttachOptions, 'host' | 'namespace' | 'pair'> & {
    endpoint: Pick<Endpoint, 'ipv4Address' | 'macAddress'>;
    defaultRoute: boolean;
  },
): AttachOptions {
  const { endpoint, defaultRoute, ...rest } = parts;
  return {
    ...rest,
    bridgeIndex: network.bridgeIndex,
    mtu: network.options.mtu ?? DEFAULT_MTU,
    macAddress: endpoint.macAddress,
    address: endpoint.ipv4Address,
    prefixLength: network.addresses.prefixLength,
    gateway: defaultRoute ? gatewayOf(network) : '',
  };
}

function gatewayOf({ options }: BridgeNetwork): string {
  return options.internal ? '' : options.gateway;
}

function endpointOf(
  network: BridgeNetwork,
  options: JoinOptions,
  { ipv4Address, bound }: { ipv4Address: string; bound: readonly BoundPort[] },
): Endpoint {
  return {
    endpointId: options.endpointId,
    networkId: options.networkId,
    interfaceName: options.interfaceName,
    ipv4Address,
    prefixLength: network.addresses.prefixLength,
    gateway: gatewayOf(network),
    macAddress: options.macAddress || macAddressFor(ipv4Address),
    ports: bound.map(({ binding }) => binding),
  };
}

/**
 * Locally administered, and always the same for an address: who remembers an address's earlier owner in a
 * neighbour table reaches the new one.
 */
function macAddressFor(ipv4Address: string): string {
  return `02:42:${parseIpv4(ipv4Address)
    .toString(16)
    .padStart(8, '0')
    .replaceAll(/..(?!$)/g, '$&:')}`;
}

function connectivityError({ containerName, endpointId }: JoinOptions, error: unknown): EngineError {
  const kind = error instanceof EngineError ? error.kind : 'system';
  return new EngineError(
    kind,
    `driver failed programming external connectivity on endpoint ${containerName} (${endpointId}): ${messageOf(error)}`,
    { cause: error },
  );
}

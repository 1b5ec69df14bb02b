import { newId } from '../../base/ids.ts';
import { type ChosenSubnet, chooseSubnet, parseBridgeIp } from '../../networkdriver/choose-subnet.ts';
import {
  type Endpoint,
  type NetworkDriver,
  type PortBinding,
  SubnetConflict,
} from '../../networkdriver/driver.ts';
import type { NamespacePool } from '../../networkdriver/namespace-pool.ts';
import type { NetworkNamespace } from '../../networkdriver/network-namespace.ts';
import { currentTime } from '../clock.ts';
import type { DaemonOptions } from '../daemon-options.ts';
import { notFound } from '../errors.ts';
import type { EventBus } from '../events/event-bus.ts';
import type { StateStore } from '../store/state-store.ts';

/** As stored. */
export type NetworkRecord = {
  id: string;
  name: string;
  /** As Docker names them: `null` for the network `none`. */
  driver: string;
  createdAt: string;
  subnet: string;
  gateway: string;
  internal: boolean;
  mtu: number;
  options: Record<string, string>;
  labels: Record<string, string>;
};

type Parts = {
  store: StateStore;
  events: EventBus;
  drivers: ReadonlyMap<string, NetworkDriver>;
  namespaces: Pick<NamespacePool, 'take'>;
  /** The bridge of the default network. */
  bridgeDevice: string;
};

export type ConnectOptions = {
  containerId: string;
  containerName: string;
  /** Name or id. */
  network: string;
  namespace: NetworkNamespace;
  interfaceName: string;
  ipv4Address: string;
  macAddress: string;
  ports: PortBinding[];
  defaultRoute: boolean;
};

/** Of the default network. */
type BridgeOptions = Pick<DaemonOptions, 'bridgeIp' | 'addressPools' | 'masquerade' | 'mtu'>;

export type Connection = { network: string; endpoint: Endpoint };

/** The networks of an engine, and who is connected to them. */
export class Networks {
  readonly #parts: Parts;
  readonly #networks: NetworkRecord[];

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#networks = parts.store.networks() as NetworkRecord[];
  }

  /** Makes the three networks that are always there, and whatever the kernel must have for them. */
  async open(options: BridgeOptions): Promise<void> {
    this.#ensure('none', 'null', {});
    this.#ensure('host', 'host', {});
    await this.#openBridge(options);
    for (const network of this.#networks)
      if (network.name !== 'bridge') await this.#driver(network).createNetwork(network);
  }

  all(): NetworkRecord[] {
    return [...this.#networks];
  }

  /** By name, id, or unambiguous prefix of one. @throws EngineError not-found, in Docker's words */
  find(reference: string): NetworkRecord {
    const found =
      this.#networks.find(({ id, name }) => name === reference || id === reference) ??
      this.#byPrefix(reference);
    if (found === undefined) throw notFound(`network ${reference} not found`);
    return found;
  }

  /** A namespace with loopback only, or one that is to be connected. The caller closes it. */
  async takeNamespace(options: { connected: boolean }): Promise<NetworkNamespace> {
    return this.#parts.namespaces.take(options);
  }

  /** @throws EngineError as the driver's `join` */
  async connect(options: ConnectOptions): Promise<{ connection: Connection; descriptors: number[] }> {
    const { containerId, network: reference, ...rest } = options;
    const network = this.find(reference);
    const { endpoint, reserved } = await this.#driver(network).join({
      ...rest,
      endpointId: newId(),
      networkId: network.id,
    });
    this.#event('connect', network, containerId);
    return { connection: { network: network.name, endpoint }, descriptors: reserved.descriptors };
  }

  async disconnect(containerId: string, { endpoint }: Connection): Promise<void> {
    const network = this.#networks.find(({ id }) => id === endpoint.networkId);
    if (network === undefined) return;
    await this.#driver(network).leave(endpoint, {});
    this.#event('disconnect', network, containerId);
  }

  /** Tells the drivers which endpoints are still in use; what they find of others, they take away. */
  async restore(endpoints: readonly Endpoint[]): Promise<void> {
    for (const driver of new Set(this.#networks.map(network => this.#driver(network)))) {
      const isOurs = ({ networkId }: Endpoint): boolean =>
        this.#networks.some(network => network.id === networkId && this.#driver(network) === driver);
      await driver.restore(endpoints.filter(isOurs));
    }
  }

  /** Takes away what the kernel has of the networks; {@link open} makes it again. Nobody may be connected. */
  async withdraw(): Promise<void> {
    for (const network of this.#networks) await this.#driver(network).removeNetwork(network.id);
  }

  #byPrefix(reference: string): NetworkRecord | undefined {
    const matches = this.#networks.filter(({ id }) => reference !== '' && id.startsWith(reference));
    return matches.length === 1 ? matches[0] : undefined;
  }

  /** With the subnet that is asked for; or the one that it had, or a free one. */
  async #openBridge(options: BridgeOptions): Promise<void> {
    const { bridgeDevice } = this.#parts;
    const { bridgeIp, addressPools } = options;
    let chosen: ChosenSubnet | undefined =
      bridgeIp === '' ? this.#networks.find(({ name }) => name === 'bridge') : parseBridgeIp(bridgeIp);
    const taken: string[] = [];
    for (;;) {
      const { subnet, gateway } =
        chosen ?? chooseSubnet({ taken, ownDevice: bridgeDevice, pools: addressPools });
      const network = this.#ensure('bridge', 'bridge', { subnet, gateway, ...this.#bridgeSettings(options) });
      try {
        return await this.#driver(network).createNetwork(network);
      } catch (error) {
        // Another daemon was quicker, or has taken it while this one did not run.
        if (!(error instanceof SubnetConflict) || bridgeIp !== '' || taken.includes(subnet)) throw error;
        taken.push(subnet);
        chosen = undefined;
      }
    }
  }

  #bridgeSettings({ mtu, masquerade }: BridgeOptions): Partial<NetworkRecord> {
    const { bridgeDevice } = this.#parts;
    const prefix = 'com.docker.network.';
    return {
      mtu,
      options: {
        [`${prefix}bridge.default_bridge`]: 'true',
        [`${prefix}bridge.enable_icc`]: 'true',
        [`${prefix}bridge.enable_ip_masquerade`]: String(masquerade),
        [`${prefix}bridge.host_binding_ipv4`]: '0.0.0.0',
        [`${prefix}bridge.name`]: bridgeDevice,
        [`${prefix}driver.mtu`]: String(mtu),
      },
    };
  }

  #ensure(name: string, driver: string, settings: Partial<NetworkRecord>): NetworkRecord {
    const index = this.#networks.findIndex(network => network.name === name);
    const record: NetworkRecord = {
      id: newId(),
      name,
      driver,
      createdAt: currentTime(),
      subnet: '',
      gateway: '',
      internal: false,
      mtu: 1500,
      options: {},
      labels: {},
      ...this.#networks[index],
      ...settings,
    };
    this.#parts.store.saveNetwork(record.id, name, record);
    if (index < 0) this.#networks.push(record);
    else this.#networks[index] = record;
    return record;
  }

  #driver({ driver }: NetworkRecord): NetworkDriver {
    const found = this.#parts.drivers.get(driver);
    if (found === undefined) throw notFound(`plugin "${driver}" not found`);
    return found;
  }

  #event(action: string, { id, name, driver: type }: NetworkRecord, container: string): void {
    this.#parts.events.publish({
      Type: 'network',
      Action: action,
      id,
      attributes: { container, name, type },
    });
  }
}

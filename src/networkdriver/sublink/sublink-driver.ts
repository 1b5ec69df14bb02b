import { EngineError, errorCode } from '../../base/errors.ts';
import { NETLINK_ROUTE } from '../../kernel/abi/netlink.ts';
import { addAddress, addDefaultRoute, addDefaultRouteBy } from '../../kernel/netlink/address-messages.ts';
import {
  addSublink,
  configureLink,
  deleteLink,
  dumpLinks,
  getLink,
  parseLink,
  setLinkDown,
  setLinkUp,
} from '../../kernel/netlink/link-messages.ts';
import type { Attribute, NetlinkMessage } from '../../kernel/netlink/message.ts';
import { NetlinkSocket } from '../../kernel/netlink/netlink-socket.ts';
import type {
  Endpoint,
  JoinOptions,
  NetworkDriver,
  NetworkOptions,
  NetworkProblem,
  PortBinding,
  ReservedPorts,
} from '../driver.ts';
import { macAddressFor } from '../ipam/mac-address.ts';
import { type IpVersion, versionOf } from '../ipam/ip.ts';
import { type EndpointAddress, NetworkAddresses } from '../ipam/network-addresses.ts';
import type { NetworkNamespace } from '../network-namespace.ts';
import { findHolders } from './find-holder.ts';
import { ensureParent, parentsOf, removeParent } from './parent-link.ts';

/** What tells drivers of this kind from each other. */
export type SublinkKind = {
  /** Of the driver, and of the kernel's interfaces. */
  type: 'macvlan' | 'ipvlan';
  /** How the names of parents that lead nowhere begin. */
  parentPrefix: string;
  /** Whether endpoints have hardware addresses of their own. */
  hasOwnMac: boolean;
  /** The driver's options, read. @throws EngineError invalid-parameter in Docker's words */
  read: (options: Readonly<Record<string, string>>) => SublinkSettings;
  /**
   * Whether two networks may have one parent.
   * @throws EngineError in Docker's words
   */
  refuseSharing: (own: SublinkSettings, other: SublinkSettings & { id: string; parent: string }) => void;
};

export type SublinkSettings = {
  mode: string;
  /** As the kernel has them. */
  data: readonly Attribute[];
  /** Whether endpoints have a gateway; else the default route is the interface. */
  hasGateway: boolean;
};

type SublinkNetwork = {
  options: NetworkOptions;
  settings: SublinkSettings;
  parent: string;
  parentIndex: number;
  addresses: NetworkAddresses;
};

const PARENT = 'parent';
/** Of addresses that others have: a subnet of theirs has no place for it. */
const MAX_AVOIDED = 64;
const MTU = 'com.docker.network.driver.mtu';

/**
 * Networks whose endpoints are interfaces on top of one of the host's: they are on its segment, beside the host, with no
 * bridge, no translation and no published ports. Nothing of it needs the engine once it is made.
 */
export class SublinkDriver implements NetworkDriver {
  readonly type: string;
  readonly #kind: SublinkKind;
  readonly #owner: string;
  readonly #host = new NetlinkSocket(NETLINK_ROUTE);
  readonly #networks = new Map<string, SublinkNetwork>();
  /** By address, the hardware address that it had last here: the kernel takes interfaces away in its own time. */
  readonly #earlier = new Map<string, string>();

  /** @param options.table by which engines side by side know their own interfaces */
  constructor(kind: SublinkKind, { table }: { table: string }) {
    this.type = kind.type;
    this.#kind = kind;
    this.#owner = `${table} ${kind.type} parent`;
  }

  needsGateway({ internal, options }: Pick<NetworkOptions, 'internal' | 'options'>): boolean {
    return !internal && this.#kind.read(options).hasGateway;
  }

  async createNetwork(options: NetworkOptions): Promise<void> {
    const settings = this.#kind.read(options.options);
    const given = options.options[PARENT] ?? '';
    if (given === 'lo')
      throw new EngineError(
        'invalid-parameter',
        `loopback interface is not a valid ${this.type} parent link`,
      );
    const parent = given || `${this.#kind.parentPrefix}${options.id.slice(0, 12)}`;
    for (const [id, other] of this.#networks)
      if (id !== options.id && other.parent === parent)
        this.#kind.refuseSharing(settings, { ...other.settings, id, parent });
    const link = ensureParent(this.#host, { name: parent, isOwn: given === '', owner: this.#owner });
    const known = this.#networks.get(options.id);
    this.#networks.set(options.id, {
      options,
      settings,
      parent,
      parentIndex: link.index,
      addresses: known?.addresses ?? new NetworkAddresses(options),
    });
  }

  async removeNetwork(networkId: string): Promise<void> {
    const network = this.#networks.get(networkId);
    if (network === undefined) return;
    this.#networks.delete(networkId);
    const { parent } = network;
    if ([...this.#networks.values()].some(other => other.parent === parent)) return;
    await removeParent(this.#host, { name: parent, owner: this.#owner });
  }

  async join(options: JoinOptions): Promise<{ endpoint: Endpoint; reserved: ReservedPorts }> {
    const network = this.#networks.get(options.networkId);
    if (network === undefined) throw new EngineError('not-found', `network ${options.networkId} not found`);
    if (options.macAddress !== '' && !this.#kind.hasOwnMac)
      throw new EngineError(
        'invalid-parameter',
        `${this.type} interfaces do not support custom mac address assignment`,
      );
    await using undo = new AsyncDisposableStack();
    const { namespace, interfaceName } = options;
    // One made beforehand may have the name.
    namespace.discardPrepared();
    this.#addLink(network, options);
    undo.defer(() => removeLink(namespace, interfaceName));
    const addresses = await this.#allocateUnused(network, options);
    undo.defer(() => network.addresses.release(addresses));
    const wanted = this.#kind.hasOwnMac ? options.macAddress || macAddressFor(addresses) : '';
    const macAddress = attach(network, options, { addresses, macAddress: wanted });
    undo.move();
    const { endpointId, networkId } = options;
    const endpoint = {
      endpointId,
      networkId,
      interfaceName,
      addresses: addresses.map(address => ({ ...address, gateway: gatewayOf(network, address) })),
      macAddress,
      ports: [],
    };
    return { endpoint, reserved: { descriptors: [] } };
  }

  async leave(endpoint: Endpoint, { namespace }: { namespace?: NetworkNamespace }): Promise<void> {
    if (namespace !== undefined) await removeLink(namespace, endpoint.interfaceName);
    for (const { address } of endpoint.addresses) this.#earlier.set(address, endpoint.macAddress);
    this.#networks.get(endpoint.networkId)?.addresses.release(endpoint.addresses);
  }

  /** Its ports are reached at its own address, all of them. */
  async publish(): Promise<{ ports: PortBinding[]; reserved: ReservedPorts }> {
    return { ports: [], reserved: { descriptors: [] } };
  }

  async unpublish(): Promise<void> {}

  async republish(): Promise<void> {}

  relays(): [] {
    return [];
  }

  releasePorts(_ports: readonly PortBinding[]): void {}

  async restore(endpoints: readonly Endpoint[]): Promise<void> {
    for (const { networkId, addresses } of endpoints)
      this.#networks.get(networkId)?.addresses.restore(addresses);
    const used = new Set([...this.#networks.values()].map(({ parent }) => parent));
    for (const { name } of parentsOf(this.#host, this.#owner))
      if (!used.has(name)) await removeParent(this.#host, { name, owner: this.#owner });
  }

  async problems(): Promise<NetworkProblem[]> {
    const links = new Map(
      this.#host.dump(dumpLinks()).map(reply => [parseLink(reply).name, parseLink(reply)]),
    );
    return [...this.#networks.values()].flatMap(({ parent, options: { name } }) => {
      const link = links.get(parent);
      if (link?.up) return [];
      return {
        problem: `the network ${name} is on the interface ${parent}, which is ${link === undefined ? 'missing' : 'down'}`,
        remedy: link === undefined ? `make ${parent}` : `ip link set ${parent} up`,
      };
    });
  }

  async prepare(): Promise<void> {}

  close(): void {
    this.#networks.clear();
    this.#host.close();
  }

  /**
   * Addresses that no other station of the segment has: others are chosen, unless they are fixed.
   * @throws EngineError forbidden for one that is fixed
   */
  async #allocateUnused(network: SublinkNetwork, options: JoinOptions): Promise<EndpointAddress[]> {
    const avoid = new Set(options.avoid);
    for (;;) {
      const addresses = network.addresses.allocate(options.addresses, avoid);
      try {
        const held = await this.#heldByOthers(network, options, addresses);
        if (held === undefined) return addresses;
        if (options.addresses.includes(held.address) || avoid.size >= MAX_AVOIDED)
          throw new EngineError(
            'forbidden',
            `Address already in use: ${held.address} is that of ${held.macAddress}, on the segment of ${network.parent}`,
          );
        avoid.add(held.address);
      } catch (error) {
        network.addresses.release(addresses);
        throw error;
      }
      network.addresses.release(addresses);
    }
  }

  /** For IPv6 the kernel looks itself. */
  async #heldByOthers(
    network: SublinkNetwork,
    { namespace, interfaceName: name }: JoinOptions,
    addresses: readonly EndpointAddress[],
  ): Promise<{ address: string; macAddress: string } | undefined> {
    const address = addresses.find(one => versionOf(one.address) === 4)?.address;
    if (address === undefined || isInternal(network) || !network.settings.hasGateway) return undefined;
    const [reply] = namespace.routes.request([setLinkUp({ name }), getLink({ name })]);
    if (reply === undefined) throw new TypeError(`no answer about ${name}`);
    const { index, macAddress } = parseLink(reply);
    const holders = await findHolders({ namespace: namespace.descriptor, index, macAddress, address });
    namespace.routes.request([setLinkDown({ index })]);
    holders.delete(this.#earlier.get(address) ?? '');
    const [holder] = holders;
    return holder === undefined ? undefined : { address, macAddress: holder };
  }

  /** A parent that has been made anew has another index. */
  #addLink(network: SublinkNetwork, { interfaceName: name, namespace }: JoinOptions): void {
    const { settings, parent } = network;
    const add = (): void => {
      const parentIndex = network.parentIndex;
      const link = {
        kind: this.type,
        name,
        parentIndex,
        namespace: namespace.descriptor,
        data: settings.data,
      };
      this.#host.request([addSublink(link)]);
    };
    try {
      add();
    } catch (error) {
      if (errorCode(error) === 'EOPNOTSUPP')
        throw new EngineError('system', `this kernel has no ${this.type} interfaces`, { cause: error });
      if (errorCode(error) !== 'ENODEV') throw error;
      const isOwn = (network.options.options[PARENT] ?? '') === '';
      network.parentIndex = ensureParent(this.#host, { name: parent, isOwn, owner: this.#owner }).index;
      add();
    }
  }
}

/** Addresses are there when the interface comes up, and are announced then. @returns the interface's hardware address */
function attach(
  network: SublinkNetwork,
  { namespace, interfaceName: name, defaultRoute }: JoinOptions,
  { addresses, macAddress }: { addresses: readonly EndpointAddress[]; macAddress: string },
): string {
  const [reply] = namespace.routes.request([getLink({ name })]);
  if (reply === undefined) throw new TypeError(`no answer about ${name}`);
  const { index, macAddress: present } = parseLink(reply);
  if (addresses.some(({ address }) => versionOf(address) === 6)) namespace.enableIpv6(index, 'detected');
  namespace.announceIpv4(name);
  const mtu = Number(network.options.options[MTU] ?? 0);
  const of = (version: IpVersion) => addresses.filter(({ address }) => versionOf(address) === version);
  const add = (address: EndpointAddress) => addAddress({ ...address, linkIndex: index }, 'left');
  const leadsOut = defaultRoute && !isInternal(network);
  namespace.routes.request([
    ...of(4).map(add),
    configureLink({ index, macAddress, mtu }),
    ...of(6).map(add),
    ...(leadsOut ? addresses.map(address => defaultRouteBy(network, address, index)) : []).filter(
      message => message !== undefined,
    ),
  ]);
  return macAddress || present;
}

function defaultRouteBy(
  { settings }: SublinkNetwork,
  { address, gateway }: EndpointAddress,
  index: number,
): NetlinkMessage | undefined {
  if (!settings.hasGateway) return addDefaultRouteBy(versionOf(address), index);
  return gateway === '' ? undefined : addDefaultRoute(gateway);
}

/** One whose parent leads nowhere does not either. */
function isInternal({ options }: SublinkNetwork): boolean {
  return options.internal || (options.options[PARENT] ?? '') === '';
}

function gatewayOf(network: SublinkNetwork, { gateway }: EndpointAddress): string {
  return isInternal(network) || !network.settings.hasGateway ? '' : gateway;
}

async function removeLink(namespace: NetworkNamespace, name: string): Promise<void> {
  try {
    await namespace.routes.requestAsync([deleteLink({ name })]);
  } catch (error) {
    if (errorCode(error) !== 'ENODEV') throw error;
  }
}

import { EngineError } from '../base/errors.ts';
import type { PoolOptions } from './ipam/address-pool.ts';
import { type IpVersion, versionOf } from './ipam/ip.ts';
import type { EndpointAddress } from './ipam/network-addresses.ts';
import type { NetworkNamespace } from './network-namespace.ts';

/**
 * A network driver makes the network namespace of a container before the container starts, and what connects
 * it to the world. A namespace is held by descriptor only, never mounted on the host: once the container's
 * shim and the engine have closed theirs, the kernel takes it away with its interfaces.
 */
export interface NetworkDriver {
  /** As networks name it: 'bridge', 'host', 'null' … */
  readonly type: string;

  /**
   * Whether an address of each of the network's subnets of that version is a gateway's, where none is named.
   * @throws EngineError as `createNetwork` for options that it cannot have
   */
  needsGateway(network: Pick<NetworkOptions, 'internal' | 'options'>, version: IpVersion): boolean;

  /**
   * Makes (or finds again) what the network itself needs on the host: a bridge, addresses, firewall rules.
   * Idempotent. On failure nothing of it is left.
   * @throws SubnetConflict when others on the host use the subnet; EngineError conflict when they use the bridge;
   *   in Docker's words, invalid-parameter and forbidden for options that it cannot have
   */
  createNetwork(network: NetworkOptions): Promise<void>;

  /** Takes away what `createNetwork` made. Idempotent. */
  removeNetwork(networkId: string): Promise<void>;

  /**
   * Connects a namespace to the network. On failure nothing of it is left.
   * @throws EngineError `conflict`/`system` in Docker's words ("driver failed programming external
   *   connectivity … Bind for 0.0.0.0:80 failed: port is already allocated")
   */
  join(options: JoinOptions): Promise<{ endpoint: Endpoint; reserved: ReservedPorts }>;

  /**
   * Releases addresses and published ports of an endpoint. The interfaces go with the namespace; the driver
   * removes them only if asked to disconnect a namespace that lives on. Idempotent.
   */
  leave(endpoint: Endpoint, options: { namespace?: NetworkNamespace }): Promise<void>;

  /**
   * Publishes further ports of an endpoint. On failure nothing of it is left.
   * @returns the ports as bound
   * @throws EngineError as `join`
   */
  publish(
    endpoint: Endpoint,
    options: PublishOptions,
  ): Promise<{ ports: PortBinding[]; reserved: ReservedPorts }>;

  /**
   * Some of the endpoint's published ports, all unless they are named, lead nowhere any more; they stay bound, and the
   * container's. Idempotent.
   */
  unpublish(endpoint: Endpoint, ports?: readonly PortBinding[]): Promise<void>;

  /** Has ports that were unpublished lead to an endpoint, of the same container. @throws EngineError as `join` */
  republish(endpoint: Endpoint, ports: readonly PortBinding[]): Promise<void>;

  /** Where the container's shim has to relay what comes to ports that the kernel cannot lead to the endpoint. */
  relays(endpoint: Endpoint): PortRelay[];

  /** Lets others have ports that were unpublished, and not published again. Idempotent. */
  releasePorts(ports: readonly PortBinding[]): void;

  /**
   * Tells a driver that has just been opened which endpoints running containers still use, once all networks
   * have been created again. What is left in the kernel of any other endpoint is taken away. To be called once,
   * also with none, and before the first `join`.
   * @param ports that running containers have bound though they are not published
   */
  restore(endpoints: readonly Endpoint[], ports: readonly PortBinding[]): Promise<void>;

  /**
   * Connects a namespace of the pool beforehand, for the network that most containers join; if it joins that,
   * there is little left to do. Does nothing before `restore`, or where the driver knows no such network.
   */
  prepare(namespace: NetworkNamespace): Promise<void>;

  /** What on the host keeps the driver's networks from working as they should, in words for people. */
  problems(): Promise<NetworkProblem[]>;

  /** Lets go of the driver's own sockets. Networks and endpoints stay as they are. Idempotent. */
  close(): void;
}

/** A sentence without a full stop each. */
export type NetworkProblem = { problem: string; remedy: string };

export type NetworkOptions = {
  id: string;
  name: string;
  /** Its subnets, of either IP version. */
  pools: PoolOptions[];
  internal: boolean;
  /** com.docker.network.bridge.name and the like. */
  options: Record<string, string>;
};

/** {@link NetworkDriver.createNetwork} throws it when another subnet would work. */
export class SubnetConflict extends EngineError {
  constructor(message: string) {
    super('conflict', message, { hint: 'Choose another with --bip.' });
  }
}

export type Protocol = 'tcp' | 'udp' | 'sctp';

export type PortBinding = {
  protocol: Protocol;
  containerPort: number;
  /** '' for every address of both IP versions, '0.0.0.0' and '::' for every one of theirs. */
  hostIp: string;
  /** 0: any free one. */
  hostPort: number;
  /** With `hostPort`: a range to choose from, up to here. */
  hostPortEnd?: number;
};

/** From a port, as bound, to an address and port that are reached by an interface of the host's. */
export type PortRelay = {
  from: PortBinding;
  to: { address: string; port: number; linkIndex: number };
};

export type JoinOptions = {
  endpointId: string;
  networkId: string;
  /** Remains the caller's. */
  namespace: NetworkNamespace;
  /** For messages: the container's name. */
  containerName: string;
  /** eth0, eth1 … */
  interfaceName: string;
  /** Fixed addresses, at most one of each IP version; any is taken of the others. */
  addresses: readonly string[];
  /** Addresses that are not to be chosen, although they are free. */
  avoid?: ReadonlySet<string>;
  /** '' for a generated one. */
  macAddress: string;
  ports: PortBinding[];
  /** What it is to reach, and be reached by, though the network keeps its endpoints apart. */
  links?: EndpointLink[];
  /** Whether the default route goes this way. */
  defaultRoute: boolean;
};

export type PublishOptions = Pick<JoinOptions, 'namespace' | 'containerName' | 'ports'>;

/** A port of another endpoint that is reached from one address; '' is the endpoint's own. IPv4 only. */
export type EndpointLink = { from: string; to: string; protocol: Protocol; port: number };

/** Plain data, kept in the state store. */
export type Endpoint = {
  endpointId: string;
  networkId: string;
  interfaceName: string;
  /** At most one of each IP version, IPv4 first. */
  addresses: EndpointAddress[];
  macAddress: string;
  /** As bound: `hostIp` is never ''; `hostPort` is 0 where the port is reached at the endpoint's own address. */
  ports: PortBinding[];
  /** As in force. */
  links?: EndpointLink[];
};

/** The address of that IP version, if the endpoint has one. */
export function addressOf(
  { addresses }: Pick<Endpoint, 'addresses'>,
  version: IpVersion,
): EndpointAddress | undefined {
  return addresses.find(({ address }) => versionOf(address) === version);
}

/**
 * Bound, never listening sockets that keep the published ports from other programs. The caller hands them to
 * the container's shim, and closes its own.
 */
export type ReservedPorts = { descriptors: number[] };

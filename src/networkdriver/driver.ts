import { EngineError } from '../base/errors.ts';
import type { NetworkNamespace } from './network-namespace.ts';

/**
 * A network driver makes the network namespace of a container before the container starts, and what connects
 * it to the world. A namespace is held by descriptor only, never mounted on the host: once the container's
 * shim and the engine have closed theirs, the kernel takes it away with its interfaces.
 */
export interface NetworkDriver {
  /** 'bridge', 'host', 'none' … */
  readonly type: string;

  /**
   * Makes (or finds again) what the network itself needs on the host: a bridge, addresses, firewall rules.
   * Idempotent.
   * @throws SubnetConflict when others on the host use the subnet; EngineError conflict when they use the bridge
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
   * Tells a driver that has just been opened which endpoints running containers still use, once all networks
   * have been created again. What is left in the kernel of any other endpoint is taken away. To be called once,
   * also with none.
   */
  restore(endpoints: readonly Endpoint[]): Promise<void>;

  /**
   * Connects a namespace of the pool beforehand, for the network that most containers join; if it joins that,
   * there is little left to do. Does nothing before `restore`, or where the driver knows no such network.
   */
  prepare(namespace: NetworkNamespace): Promise<void>;

  /** Lets go of the driver's own sockets. Networks and endpoints stay as they are. Idempotent. */
  close(): void;
}

export type NetworkOptions = {
  id: string;
  name: string;
  /** IPv4 CIDR of the subnet, the gateway's address in it. */
  subnet: string;
  gateway: string;
  internal: boolean;
  mtu?: number;
  /** com.docker.network.bridge.name and the like. */
  options: Record<string, string>;
};

/** Of {@link NetworkDriver.createNetwork}: another subnet would do. */
export class SubnetConflict extends EngineError {
  constructor(message: string) {
    super('conflict', message, { hint: 'Choose another with --bip.' });
  }
}

export type PortBinding = {
  protocol: 'tcp' | 'udp';
  containerPort: number;
  /** '' or '0.0.0.0' for every address. */
  hostIp: string;
  /** 0: any free one. */
  hostPort: number;
  /** With `hostPort`: a range to choose from, up to here. */
  hostPortEnd?: number;
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
  /** A fixed address, '' for any. */
  ipv4Address: string;
  /** '' for a generated one. */
  macAddress: string;
  ports: PortBinding[];
  /** Whether the default route goes this way. */
  defaultRoute: boolean;
};

/** Plain data, kept in the state store. */
export type Endpoint = {
  endpointId: string;
  networkId: string;
  interfaceName: string;
  ipv4Address: string;
  prefixLength: number;
  gateway: string;
  macAddress: string;
  /** As bound: `hostPort` is never 0, `hostIp` never ''. */
  ports: PortBinding[];
};

/**
 * Bound, never listening sockets that keep the published ports from other programs. The caller hands them to
 * the container's shim, and closes its own.
 */
export type ReservedPorts = { descriptors: number[] };

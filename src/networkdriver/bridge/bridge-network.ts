import { EngineError } from '../../base/errors.ts';
import type { Endpoint, EndpointLink, JoinOptions, NetworkOptions } from '../driver.ts';
import { type IpVersion, parseSubnet, versionOf } from '../ipam/ip.ts';
import { macAddressFor } from '../ipam/mac-address.ts';
import type { PoolOptions } from '../ipam/address-pool.ts';
import { type EndpointAddress, NetworkAddresses } from '../ipam/network-addresses.ts';
import type { AttachOptions } from './attach-interface.ts';
import type { BridgeSettings } from './bridge-options.ts';
import type { BoundPort } from './port-allocator.ts';

/** A network, as the bridge driver has it. */
export type BridgeNetwork = {
  options: NetworkOptions;
  settings: BridgeSettings;
  bridgeIndex: number;
  /** Whether its ports pass nothing on to each other. */
  isolated: boolean;
  addresses: NetworkAddresses;
  /** Lets other daemons have the bridge and the subnets. */
  release: () => void;
};

/** @throws EngineError forbidden, in Docker's words */
export function checkPools({ pools }: NetworkOptions): void {
  const versions = pools.map(({ subnet }) => parseSubnet(subnet).version);
  if (versions.length > new Set(versions).size)
    throw new EngineError('forbidden', "bridge driver doesn't support multiple subnets");
}

const DEFAULT_GATEWAY = 'DefaultGatewayIPv';

/**
 * The network's addresses. Where one of its reserved ones has the name that Docker gives to another default gateway than
 * the bridge, endpoints have their default routes there.
 */
export function endpointAddresses({ id, name, pools }: NetworkOptions): NetworkAddresses {
  return new NetworkAddresses({ id, name, pools: pools.map(withDefaultGateway) });
}

function withDefaultGateway(pool: PoolOptions): PoolOptions {
  const other = pool.auxiliary[`${DEFAULT_GATEWAY}${versionOf(pool.subnet)}`];
  if (other === undefined) return pool;
  return { ...pool, gateway: other, auxiliary: { ...pool.auxiliary, bridge: pool.gateway } };
}

/** The addresses that the bridge itself has. */
export function gatewaysOf(
  { pools }: NetworkOptions,
  { inhibitsIpv4, modes }: BridgeSettings,
): { address: string; prefixLength: number }[] {
  return pools
    .filter(({ gateway }) => gateway !== '' && modes[versionOf(gateway)] !== 'isolated')
    .filter(({ gateway }) => !(inhibitsIpv4 && versionOf(gateway) === 4))
    .map(({ gateway, subnet }) => ({ address: gateway, prefixLength: parseSubnet(subnet).prefixLength }));
}

/** In which published ports are reached at endpoints' own addresses. */
export function routedVersions({ settings: { modes } }: BridgeNetwork): Set<IpVersion> {
  return new Set(([4, 6] as const).filter(version => modes[version] === 'routed'));
}

export function attachOptions(
  network: BridgeNetwork,
  parts: Pick<AttachOptions, 'host' | 'namespace' | 'pair'> & {
    endpoint: Pick<Endpoint, 'addresses' | 'macAddress'>;
    defaultRoute: boolean;
  },
): AttachOptions {
  const { endpoint, defaultRoute, ...rest } = parts;
  return {
    ...rest,
    bridgeIndex: network.bridgeIndex,
    device: network.settings.device,
    mtu: network.settings.mtu,
    isolated: network.isolated,
    macAddress: endpoint.macAddress,
    addresses: endpoint.addresses,
    hasDefaultRoute: defaultRoute && !network.options.internal,
  };
}

export function endpointOf(
  network: BridgeNetwork,
  options: JoinOptions,
  { addresses, bound }: { addresses: EndpointAddress[]; bound: readonly BoundPort[] },
): Endpoint {
  const links = network.settings.icc ? [] : (options.links ?? []);
  return {
    endpointId: options.endpointId,
    networkId: options.networkId,
    interfaceName: options.interfaceName,
    // An internal network leads nowhere.
    addresses: network.options.internal ? addresses.map(address => ({ ...address, gateway: '' })) : addresses,
    macAddress: options.macAddress || macAddressFor(addresses),
    ports: bound.map(({ binding }) => binding),
    ...(links.length === 0 ? {} : { links: links.map(link => withOwnAddress(link, addresses)) }),
  };
}

function withOwnAddress(link: EndpointLink, addresses: readonly EndpointAddress[]): EndpointLink {
  const own = addresses.find(({ address }) => versionOf(address) === 4)?.address ?? '';
  return { ...link, from: link.from || own, to: link.to || own };
}

import { NETLINK_ROUTE } from '../../kernel/abi/netlink.ts';
import { dumpAddresses, parseAddress } from '../../kernel/netlink/address-messages.ts';
import { dumpLinks, parseLink } from '../../kernel/netlink/link-messages.ts';
import { NetlinkSocket } from '../../kernel/netlink/netlink-socket.ts';
import {
  type ChosenSubnet,
  chooseSubnet,
  parseBridgeIp,
  withGateway,
} from '../../networkdriver/ipam/choose-subnet.ts';
import {
  contains,
  formatSubnet,
  type IpVersion,
  parseIp,
  parseSubnet,
  subnetOf,
  versionOf,
} from '../../networkdriver/ipam/ip.ts';
import type { DaemonOptions } from '../model/daemon-options.ts';
import { invalid } from '../model/errors.ts';
import { givenPool, type PoolRecord } from '../model/network-record.ts';

export type DefaultNetworkOptions = Pick<
  DaemonOptions,
  | 'bridgeIp'
  | 'bridgeIp6'
  | 'ipv6'
  | 'fixedCidr'
  | 'fixedCidr6'
  | 'defaultGateway'
  | 'defaultGateway6'
  | 'addressPools'
>;

type OfVersion = { address: string; range: string; gateway: string };

/**
 * The subnets of the default network, one of each IP version that it has: what the options say; or those that it had; or
 * that of the addresses which its bridge has already; or free ones.
 * @param taken subnets that it cannot have, unless the options say so
 * @throws EngineError invalid-parameter, unavailable
 */
export function defaultPools(
  options: DefaultNetworkOptions,
  { known, taken, device }: { known: readonly PoolRecord[]; taken: readonly string[]; device: string },
): PoolRecord[] {
  const versions: readonly IpVersion[] = options.ipv6 ? [4, 6] : [4];
  return versions.map(version => {
    const wanted = optionsOf(options, version);
    const pool =
      configuredPool(wanted) ??
      known.find(({ subnet }) => versionOf(subnet) === version && !taken.includes(subnet)) ??
      presentPool(device, version) ??
      givenPool(chooseSubnet({ version, taken, ownDevice: device, pools: options.addressPools }));
    return { ...pool, range: rangeOf(pool, wanted), auxiliary: defaultGateway(pool, version, wanted) };
  });
}

/** Whether the options leave the IPv4 subnet open. */
export function choosesSubnet({ bridgeIp, fixedCidr }: DefaultNetworkOptions): boolean {
  return bridgeIp === '' && fixedCidr === '';
}

function optionsOf(options: DefaultNetworkOptions, version: IpVersion): OfVersion {
  return version === 4
    ? { address: options.bridgeIp, range: options.fixedCidr, gateway: options.defaultGateway }
    : { address: options.bridgeIp6, range: options.fixedCidr6, gateway: options.defaultGateway6 };
}

/** The part that addresses come from is the subnet, where nothing else is said, and its gateway is not shown. */
function configuredPool({ address, range }: OfVersion): PoolRecord | undefined {
  if (address !== '') return givenPool(parseBridgeIp(address));
  if (range === '') return undefined;
  return { ...givenPool(withGateway(parseSubnet(range))), isSubnetGiven: true, isGatewayGiven: false };
}

/** Of a bridge that exists already. */
function presentPool(device: string, version: IpVersion): PoolRecord | undefined {
  const address = presentAddress(device, version);
  return address && givenPool(address);
}

function presentAddress(device: string, version: IpVersion): ChosenSubnet | undefined {
  const socket = new NetlinkSocket(NETLINK_ROUTE);
  try {
    const link = socket
      .dump(dumpLinks())
      .map(parseLink)
      .find(({ name }) => name === device);
    const found = socket
      .dump(dumpAddresses(version))
      .map(parseAddress)
      .find(({ linkIndex, address }) => linkIndex === link?.index && !/^fe[89ab]/.test(address));
    if (found === undefined) return undefined;
    const { address: gateway, prefixLength } = found;
    return { gateway, subnet: formatSubnet(subnetOf(parseIp(gateway), prefixLength)) };
  } finally {
    socket.close();
  }
}

function rangeOf({ subnet }: PoolRecord, { range }: OfVersion): string {
  if (range === '') return '';
  const [whole, part] = [parseSubnet(subnet), parseSubnet(range)];
  if (!contains(whole, { version: part.version, value: part.first }))
    throw invalid(`the default bridge's subnet ${subnet} doesn't contain ${range}`);
  return formatSubnet(part);
}

/** Under the name that Docker has for it. */
function defaultGateway(
  { subnet }: PoolRecord,
  version: IpVersion,
  { gateway }: OfVersion,
): Record<string, string> {
  if (gateway === '') return {};
  if (!contains(parseSubnet(subnet), parseIp(gateway)))
    throw invalid(`the default bridge's subnet ${subnet} doesn't contain the default gateway ${gateway}`);
  return { [`DefaultGatewayIPv${version}`]: gateway };
}

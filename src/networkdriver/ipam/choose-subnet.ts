import { createHash } from 'node:crypto';
import { EngineError } from '../../base/errors.ts';
import { NETLINK_ROUTE } from '../../kernel/abi/netlink.ts';
import { dumpRoutes, parseRoute } from '../../kernel/netlink/address-messages.ts';
import { dumpLinks, parseLink } from '../../kernel/netlink/link-messages.ts';
import { NetlinkSocket } from '../../kernel/netlink/netlink-socket.ts';
import {
  formatIp,
  formatSubnet,
  type IpVersion,
  overlaps,
  parseIp,
  parseSubnet,
  type Subnet,
  subnetOf,
} from './ip.ts';

export type ChosenSubnet = { subnet: string; gateway: string };

/** A network (CIDR), cut into subnets of `size` bits of prefix. */
export type AddressPools = { base: string; size: number };

/** Docker's: 172.17.0.0/16 to 172.31.0.0/16, then 192.168.0.0/20 and on. */
const DEFAULT_POOLS: AddressPools[] = [
  ...Array.from({ length: 15 }, (_, index) => ({ base: `172.${17 + index}.0.0/16`, size: 16 })),
  { base: '192.168.0.0/16', size: 20 },
];
/** A VPN that takes all traffic has routes of halves of the Internet: they leave the rest to others. */
const SHORTEST_ROUTE = 2;

/**
 * The first subnet of the address pools that overlaps neither what other networks of the engine have nor a route of
 * the host.
 * @param options.taken subnets of the engine's networks
 * @param options.ownDevice a bridge whose own routes do not count: it is to be used (again)
 * @param options.pools those of the version's default are taken when there is none of that version
 * @throws EngineError unavailable when none is left; invalid-parameter for a pool that is none
 */
export function chooseSubnet(options: {
  version?: IpVersion;
  taken: readonly string[];
  ownDevice?: string;
  pools?: readonly AddressPools[];
}): ChosenSubnet {
  const { version = 4, taken, ownDevice, pools = [] } = options;
  const avoid = [...taken.map(parseSubnet), ...hostSubnets(version, ownDevice)];
  const own = pools.filter(({ base }) => parseSubnet(base).version === version);
  for (const candidate of subnetsOf(own.length > 0 ? own : defaultPools(version)))
    if (!avoid.some(subnet => overlaps(subnet, candidate))) return withGateway(candidate);
  throw new EngineError('unavailable', 'all predefined address pools have been fully subnetted');
}

/** The first address of a subnet is its gateway's, where nothing else is said. */
export function withGateway(subnet: Subnet): ChosenSubnet {
  const { version, first, last } = subnet;
  const gateway = formatIp({ version, value: last === first ? first : first + 1n });
  return { subnet: formatSubnet(subnet), gateway };
}

/**
 * The subnet and gateway that `--bip` names: `192.168.5.1/24`.
 * @throws EngineError invalid-parameter
 */
export function parseBridgeIp(bip: string): ChosenSubnet {
  return { subnet: formatSubnet(parseSubnet(bip)), gateway: formatIp(parseIp(bip.split('/')[0] ?? '')) };
}

function* subnetsOf(pools: readonly AddressPools[]): Generator<Subnet> {
  for (const { base, size } of pools) {
    const space = parseSubnet(base);
    // A subnet with fewer than four addresses has none for a container.
    if (size < space.prefixLength || size > (space.version === 4 ? 30 : 126))
      throw new EngineError('invalid-parameter', `invalid pool size ${size} of the address pool ${base}`);
    for (let value = space.first; value <= space.last; ) {
      const subnet = subnetOf({ version: space.version, value }, size);
      yield subnet;
      value = subnet.last + 1n;
    }
  }
}

function defaultPools(version: IpVersion): AddressPools[] {
  return version === 4 ? DEFAULT_POOLS : [{ base: localPrefix(), size: 64 }];
}

/** A unique local prefix (RFC 4193, section 3.2) that is always the same on this host. */
function localPrefix(): string {
  const socket = new NetlinkSocket(NETLINK_ROUTE);
  try {
    const addresses = socket.dump(dumpLinks()).map(reply => parseLink(reply));
    const own = addresses.find(({ kind, macAddress }) => kind === '' && /[1-9a-f]/.test(macAddress));
    const hash = createHash('sha256')
      .update(own?.macAddress ?? '')
      .digest('hex');
    return `fd${hash.slice(0, 2)}:${hash.slice(2, 6)}:${hash.slice(6, 10)}::/48`;
  } finally {
    socket.close();
  }
}

function hostSubnets(version: IpVersion, ownDevice: string | undefined): Subnet[] {
  const socket = new NetlinkSocket(NETLINK_ROUTE);
  try {
    const links = socket.dump(dumpLinks()).map(parseLink);
    const own = links.find(link => link.name === ownDevice)?.index;
    return socket
      .dump(dumpRoutes(version))
      .map(parseRoute)
      .filter(({ prefixLength }) => prefixLength >= SHORTEST_ROUTE)
      .filter(({ linkIndex }) => own === undefined || linkIndex !== own)
      .map(route => subnetOf(parseIp(route.destination), route.prefixLength));
  } finally {
    socket.close();
  }
}

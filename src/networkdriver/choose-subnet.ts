import { EngineError } from '../base/errors.ts';
import { NETLINK_ROUTE } from '../kernel/abi/netlink.ts';
import { dumpRoutes, parseRoute } from '../kernel/netlink/address-messages.ts';
import { dumpLinks, parseLink } from '../kernel/netlink/link-messages.ts';
import { NetlinkSocket } from '../kernel/netlink/netlink-socket.ts';
import { formatIpv4, formatSubnet, overlaps, parseIpv4, parseSubnet, type Subnet, subnetOf } from './ipv4.ts';

export type ChosenSubnet = { subnet: string; gateway: string };

/** A network (CIDR), cut into subnets of `size` bits of prefix. */
type AddressPool = { base: string; size: number };

/** Docker's: 172.17.0.0/16 to 172.31.0.0/16, then 192.168.0.0/20 and on. */
const DEFAULT_POOLS: readonly AddressPool[] = [
  ...Array.from({ length: 15 }, (_, index) => ({ base: `172.${17 + index}.0.0/16`, size: 16 })),
  { base: '192.168.0.0/16', size: 20 },
];

/**
 * The first subnet of the address pools that overlaps neither what other networks of the engine have nor a route of
 * the host.
 * @param options.pools Docker's default ones where there are none
 * @param options.taken subnets of the engine's networks
 * @param options.ownDevice a bridge whose own routes do not count: it is to be used (again)
 * @throws EngineError unavailable when none is left; invalid-parameter for a pool that is none
 */
export function chooseSubnet(options: {
  taken: readonly string[];
  ownDevice?: string;
  pools?: readonly AddressPool[];
}): ChosenSubnet {
  const avoid = [...options.taken.map(parseSubnet), ...hostSubnets(options.ownDevice)];
  const pools = options.pools?.length ? options.pools : DEFAULT_POOLS;
  const free = pools
    .values()
    .flatMap(subnetsOf)
    .find(candidate => !avoid.some(subnet => overlaps(subnet, candidate)));
  if (free === undefined)
    throw new EngineError('unavailable', 'all predefined address pools have been fully subnetted');
  return { subnet: formatSubnet(free), gateway: formatIpv4(free.first + 1) };
}

function* subnetsOf({ base, size }: AddressPool): Generator<Subnet> {
  const { first, last, prefixLength } = parseSubnet(base);
  // Of less than four addresses there is none for a container.
  if (size < prefixLength || size > 30)
    throw new EngineError('invalid-parameter', `invalid pool size ${size} of the address pool ${base}`);
  for (let address = first; address <= last; address += 2 ** (32 - size)) yield subnetOf(address, size);
}

/**
 * The subnet and gateway that `--bip` names: `192.168.5.1/24`.
 * @throws EngineError invalid-parameter
 */
export function parseBridgeIp(bip: string): ChosenSubnet {
  return { subnet: formatSubnet(parseSubnet(bip)), gateway: formatIpv4(parseIpv4(bip.split('/')[0] ?? '')) };
}

function hostSubnets(ownDevice: string | undefined): Subnet[] {
  const socket = new NetlinkSocket(NETLINK_ROUTE);
  try {
    const links = socket.dump(dumpLinks()).map(parseLink);
    const own = links.find(link => link.name === ownDevice)?.index;
    return socket
      .dump(dumpRoutes())
      .map(parseRoute)
      .filter(route => route.prefixLength > 0 && (own === undefined || route.linkIndex !== own))
      .map(route => subnetOf(parseIpv4(route.destination), route.prefixLength));
  } finally {
    socket.close();
  }
}

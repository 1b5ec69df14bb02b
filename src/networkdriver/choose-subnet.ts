import { EngineError } from '../base/errors.ts';
import { NETLINK_ROUTE } from '../kernel/abi/netlink.ts';
import { dumpRoutes, parseRoute } from '../kernel/netlink/address-messages.ts';
import { dumpLinks, parseLink } from '../kernel/netlink/link-messages.ts';
import { NetlinkSocket } from '../kernel/netlink/netlink-socket.ts';
import { formatIpv4, formatSubnet, overlaps, parseIpv4, parseSubnet, type Subnet, subnetOf } from './ipv4.ts';

export type ChosenSubnet = { subnet: string; gateway: string };

/**
 * The first of Docker's default address pools (172.17.0.0/16 to 172.31.0.0/16, then 192.168.0.0/20 and on) that
 * overlaps neither what other networks of the engine have nor a route of the host.
 * @param options.taken subnets of the engine's networks
 * @param options.ownDevice a bridge whose own routes do not count: it is to be used (again)
 * @throws EngineError unavailable when none is left
 */
export function chooseSubnet(options: { taken: readonly string[]; ownDevice?: string }): ChosenSubnet {
  const avoid = [...options.taken.map(parseSubnet), ...hostSubnets(options.ownDevice)];
  const free = defaultPools().find(candidate => !avoid.some(subnet => overlaps(subnet, candidate)));
  if (free === undefined)
    throw new EngineError('unavailable', 'all predefined address pools have been fully subnetted');
  return { subnet: formatSubnet(free), gateway: formatIpv4(free.first + 1) };
}

/**
 * The subnet and gateway that `--bip` names: `192.168.5.1/24`.
 * @throws EngineError invalid-parameter
 */
export function parseBridgeIp(bip: string): ChosenSubnet {
  return { subnet: formatSubnet(parseSubnet(bip)), gateway: formatIpv4(parseIpv4(bip.split('/')[0] ?? '')) };
}

function defaultPools(): Subnet[] {
  const large = Array.from({ length: 15 }, (_, index) => subnetOf(parseIpv4(`172.${17 + index}.0.0`), 16));
  const small = Array.from({ length: 16 }, (_, index) => subnetOf(parseIpv4(`192.168.${16 * index}.0`), 20));
  return [...large, ...small];
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

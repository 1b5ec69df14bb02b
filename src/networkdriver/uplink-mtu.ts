import { dumpRoutes, parseRoute } from '../kernel/netlink/address-messages.ts';
import { dumpLinks, parseLink } from '../kernel/netlink/link-messages.ts';
import { NETLINK_ROUTE } from '../kernel/abi/netlink.ts';
import { NetlinkSocket } from '../kernel/netlink/netlink-socket.ts';

const RT_TABLE_MAIN = 254;
const DEFAULT_MTU = 1500;
/** More a bridge cannot have (net/bridge/br_device.c). */
const MAX_MTU = 65_535;

/**
 * How long packets may be that leave the host: what is longer gets lost where nobody tells its sender. That of the
 * interface of the default route; 1500 without one.
 */
export function uplinkMtu(): number {
  const host = new NetlinkSocket(NETLINK_ROUTE);
  try {
    return mtuOfUplink(host);
  } finally {
    host.close();
  }
}

function mtuOfUplink(host: NetlinkSocket): number {
  const links = new Map(host.dump(dumpLinks()).map(reply => [parseLink(reply).index, parseLink(reply)]));
  const uplinks = ([4, 6] as const)
    .flatMap(version => host.dump(dumpRoutes(version)).map(parseRoute))
    .filter(({ prefixLength, table }) => prefixLength === 0 && table === RT_TABLE_MAIN)
    .map(({ linkIndex }) => links.get(linkIndex)?.mtu ?? 0);
  return Math.min(uplinks.find(mtu => mtu > 0) ?? DEFAULT_MTU, MAX_MTU);
}

import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { EngineError, errorCode } from '../../base/errors.ts';
import { NETLINK_ROUTE } from '../../kernel/abi/netlink.ts';
import {
  addAddress,
  admitLoopback,
  deleteAddress,
  dumpAddresses,
  parseAddress,
} from '../../kernel/netlink/address-messages.ts';
import {
  addBridge,
  deleteLink,
  dumpLinks,
  filterBridge,
  getLink,
  type Link,
  parseLink,
  setAlias,
  setLinkUp,
} from '../../kernel/netlink/link-messages.ts';
import { NetlinkSocket } from '../../kernel/netlink/netlink-socket.ts';
import { SubnetConflict } from '../driver.ts';
import { formatSubnet, type IpVersion, overlaps, parseIp, subnetOf, versionOf } from '../ipam/ip.ts';

type GatewayAddress = { address: string; prefixLength: number };

export type BridgeDevice = {
  device: string;
  gateways: readonly GatewayAddress[];
  mtu: number;
  /** Kept with the bridge, as its alias. */
  owner: string;
};

/**
 * Makes the bridge, or takes the one of that name, up and with the gateways' addresses (as its only ones, unless somebody
 * else has made it), and the host forward packets.
 * @returns its interface index, and whether it is new
 * @throws EngineError `conflict` when the name is that of another kind of interface; SubnetConflict when another bridge
 *   has an address in the subnet; SyscallError
 */
export function ensureBridge(host: NetlinkSocket, bridge: BridgeDevice): { index: number; isNew: boolean } {
  const existing = findLink(host, bridge.device);
  for (const gateway of bridge.gateways) refuseOverlap(host, gateway, existing);
  const { index } = existing ?? makeBridge(host, bridge);
  try {
    configure(host, index, bridge, existing === undefined || existing.alias === bridge.owner);
    return { index, isNew: existing === undefined };
  } catch (error) {
    if (existing === undefined) host.request([deleteLink({ index })]);
    throw error;
  }
}

function configure(
  host: NetlinkSocket,
  index: number,
  { device, gateways }: BridgeDevice,
  isOwn: boolean,
): void {
  const hasIpv6 = gateways.some(({ address }) => versionOf(address) === 6);
  ignoreAdvertisements(device);
  if (hasIpv6) prepareIpv6(device);
  host.request([setLinkUp({ index })]);
  for (const version of hasIpv6 ? ([4, 6] as const) : ([4] as const))
    setAddresses(
      host,
      index,
      version,
      gateways.filter(({ address }) => versionOf(address) === version),
      isOwn,
    );
  // What is published at ::1 answers there.
  if (hasIpv6) host.request([admitLoopback(index)]);
  writeSysctl('net/ipv4/ip_forward', '1');
  // Published ports answer at 127.0.0.1 too: such packets leave by the bridge with their loopback address. The
  // firewall's guard rules keep others of the kind out.
  writeSysctl(`net/ipv4/conf/${device}/route_localnet`, '1');
}

/**
 * Keeps a bridge's ports apart, but for what the firewall lets through.
 * @returns whether the ports have to be isolated for it. Where bridged packets go through the firewall they need not,
 *   and should not: what is published would be isolated, too
 */
export function separatePorts(
  host: NetlinkSocket,
  { index, device }: { index: number; device: string },
): boolean {
  if (!existsSync('/proc/sys/net/bridge/bridge-nf-call-iptables')) {
    // Who is linked reaches the other by way of the host, which answers in its place when its address is asked for.
    writeSysctl(`net/ipv4/conf/${device}/proxy_arp_pvlan`, '1');
    writeSysctl(`net/ipv4/neigh/${device}/proxy_delay`, '0');
    return true;
  }
  host.request([filterBridge(index)]);
  return false;
}

/**
 * A bridge that the engine has not made stays. Idempotent.
 * @throws SyscallError
 */
export async function removeBridge({ device, owner }: Pick<BridgeDevice, 'device' | 'owner'>): Promise<void> {
  const host = new NetlinkSocket(NETLINK_ROUTE);
  try {
    const link = findLink(host, device);
    if (link?.alias === owner) await host.requestAsync([deleteLink({ index: link.index })]);
  } catch (error) {
    if (errorCode(error) !== 'ENODEV') throw error;
  } finally {
    host.close();
  }
}

/** Off this thread. Idempotent. @throws SyscallError */
export async function removeLink(index: number): Promise<void> {
  const host = new NetlinkSocket(NETLINK_ROUTE);
  try {
    await host.requestAsync([deleteLink({ index })]);
  } catch (error) {
    if (errorCode(error) !== 'ENODEV') throw error;
  } finally {
    host.close();
  }
}

/** All bridges of the host, not only the engine's. */
export function listBridges(host: NetlinkSocket): Link[] {
  return host
    .dump(dumpLinks())
    .map(parseLink)
    .filter(({ kind }) => kind === 'bridge');
}

function findLink(host: NetlinkSocket, name: string): Link | undefined {
  try {
    const link = host.request([getLink({ name })]).map(parseLink)[0];
    if (link !== undefined && link.kind !== 'bridge')
      throw new EngineError('conflict', `interface ${name} exists and is not a bridge`);
    return link;
  } catch (error) {
    if (errorCode(error) === 'ENODEV') return undefined;
    throw error;
  }
}

/** What is used already is not refused, as containers may run with it. */
function refuseOverlap(host: NetlinkSocket, gateway: GatewayAddress, own: Link | undefined): void {
  const wanted = subnetOf(parseIp(gateway.address), gateway.prefixLength);
  const bridges = listBridges(host);
  const overlapping = host
    .dump(dumpAddresses(wanted.version))
    .map(parseAddress)
    .filter(({ address, prefixLength }) => overlaps(wanted, subnetOf(parseIp(address), prefixLength)));
  if (overlapping.some(({ linkIndex, address }) => linkIndex === own?.index && address === gateway.address))
    return;
  for (const { linkIndex, address, prefixLength } of overlapping) {
    const other = bridges.find(({ index }) => index === linkIndex && index !== own?.index);
    if (other !== undefined)
      throw new SubnetConflict(
        `the subnet ${formatSubnet(wanted)} overlaps with the bridge ${other.name} (${address}/${prefixLength})`,
      );
  }
}

function makeBridge(host: NetlinkSocket, { device: name, mtu, owner }: BridgeDevice): Link {
  const macAddress = `02:42:${randomBytes(4)
    .toString('hex')
    .replaceAll(/..(?!$)/g, '$&:')}`;
  // The kernel works on all of a call's messages, so a killed engine leaves no bridge without an owner.
  const [reply] = host.request([
    addBridge({ name, macAddress, mtu }),
    setAlias({ name }, owner),
    getLink({ name }),
  ]);
  if (reply === undefined) throw new TypeError(`no answer about ${name}`);
  return parseLink(reply);
}

function setAddresses(
  host: NetlinkSocket,
  linkIndex: number,
  version: IpVersion,
  wanted: readonly GatewayAddress[],
  isOwn: boolean,
): void {
  const isSame = (one: GatewayAddress, other: GatewayAddress) =>
    one.address === other.address && one.prefixLength === other.prefixLength;
  const present = host
    .dump(dumpAddresses(version))
    .map(parseAddress)
    .filter(address => address.linkIndex === linkIndex && !/^fe[89ab]/.test(address.address));
  const others = present.filter(address => !wanted.some(one => isSame(one, address)));
  if (isOwn && others.length > 0) host.request(others.map(deleteAddress));
  const missing = wanted.filter(address => !present.some(one => isSame(one, address)));
  if (missing.length > 0) host.request(missing.map(address => addAddress({ ...address, linkIndex })));
}

/** Or a container could make itself the router of the host (CVE-2020-13401), also where the network has no IPv6. */
function ignoreAdvertisements(device: string): void {
  try {
    writeSysctl(`net/ipv6/conf/${device}/accept_ra`, '0');
  } catch (error) {
    // A kernel without IPv6 hears none.
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

/** An interface that forwards takes no routes from others' advertisements, unless it is told to. */
function prepareIpv6(device: string): void {
  try {
    const names = readdirSync('/proc/sys/net/ipv6/conf').filter(name => name !== 'all' && name !== 'default');
    for (const name of names) {
      const key = `net/ipv6/conf/${name}/accept_ra`;
      if (readFileSync(`/proc/sys/${key}`, 'utf8').trim() === '1') writeSysctl(key, '2');
    }
  } catch (error) {
    if (errorCode(error) === 'ENOENT')
      throw new EngineError('system', 'IPv6 is disabled in this kernel', { cause: error });
    throw error;
  }
  writeSysctl(`net/ipv6/conf/${device}/disable_ipv6`, '0');
  writeSysctl('net/ipv6/conf/all/forwarding', '1');
}

/** /proc/sys/net shows the namespace of the thread that looks: this has to stay synchronous. */
function writeSysctl(key: string, value: string): void {
  const path = `/proc/sys/${key}`;
  // It may be read-only for the engine (in a container) and right all the same.
  if (readFileSync(path, 'utf8').trim() !== value) writeFileSync(path, value);
}

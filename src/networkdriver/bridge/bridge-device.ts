import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { EngineError, errorCode } from '../../base/errors.ts';
import { NETLINK_ROUTE } from '../../kernel/abi/netlink.ts';
import {
  addAddress,
  deleteAddress,
  dumpAddresses,
  type InterfaceAddress,
  parseAddress,
} from '../../kernel/netlink/address-messages.ts';
import {
  addBridge,
  deleteLink,
  dumpLinks,
  getLink,
  type Link,
  parseLink,
  setLinkUp,
} from '../../kernel/netlink/link-messages.ts';
import { NetlinkSocket } from '../../kernel/netlink/netlink-socket.ts';
import { SubnetConflict } from '../driver.ts';
import { formatSubnet, overlaps, parseIpv4, subnetOf } from '../ipv4.ts';

export type BridgeSettings = { device: string; gateway: string; prefixLength: number; mtu?: number };

/**
 * Makes the bridge, or takes the one of that name, up and with the gateway's address as its only IPv4 one, and
 * the host forward packets.
 * @returns its interface index
 * @throws EngineError `conflict` when the name is that of another kind of interface; SubnetConflict when another bridge
 *   has an address in the subnet; SyscallError
 */
export function ensureBridge(host: NetlinkSocket, settings: BridgeSettings): number {
  const existing = findLink(host, settings.device);
  refuseOverlap(host, settings, existing);
  const { index } = existing ?? makeBridge(host, settings);
  host.request([setLinkUp({ index })]);
  setAddress(host, { linkIndex: index, address: settings.gateway, prefixLength: settings.prefixLength });
  writeSysctl('net/ipv4/ip_forward', '1');
  // Published ports answer at 127.0.0.1 too: such packets leave by the bridge with their loopback address. The
  // firewall's guard rules keep others of the kind out.
  writeSysctl(`net/ipv4/conf/${settings.device}/route_localnet`, '1');
  return index;
}

/**
 * Idempotent.
 * @throws SyscallError
 */
export async function removeBridge(device: string): Promise<void> {
  const host = new NetlinkSocket(NETLINK_ROUTE);
  try {
    await host.requestAsync([deleteLink({ name: device })]);
  } catch (error) {
    if (errorCode(error) !== 'ENODEV') throw error;
  } finally {
    host.close();
  }
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
function refuseOverlap(host: NetlinkSocket, settings: BridgeSettings, own: Link | undefined): void {
  const wanted = subnetOf(parseIpv4(settings.gateway), settings.prefixLength);
  const bridges = host
    .dump(dumpLinks())
    .map(parseLink)
    .filter(({ kind }) => kind === 'bridge');
  const overlapping = host
    .dump(dumpAddresses())
    .map(parseAddress)
    .filter(({ address, prefixLength }) => overlaps(wanted, subnetOf(parseIpv4(address), prefixLength)));
  if (overlapping.some(({ linkIndex, address }) => linkIndex === own?.index && address === settings.gateway))
    return;
  for (const { linkIndex, address, prefixLength } of overlapping) {
    const other = bridges.find(({ index }) => index === linkIndex && index !== own?.index);
    if (other !== undefined)
      throw new SubnetConflict(
        `the subnet ${formatSubnet(wanted)} overlaps with the bridge ${other.name} (${address}/${prefixLength})`,
      );
  }
}

function makeBridge(host: NetlinkSocket, { device, mtu }: BridgeSettings): Link {
  const macAddress = `02:42:${randomBytes(4)
    .toString('hex')
    .replaceAll(/..(?!$)/g, '$&:')}`;
  const [reply] = host.request([addBridge({ name: device, macAddress, mtu }), getLink({ name: device })]);
  if (reply === undefined) throw new TypeError(`no answer about ${device}`);
  return parseLink(reply);
}

function setAddress(host: NetlinkSocket, wanted: InterfaceAddress): void {
  const present = host
    .dump(dumpAddresses())
    .map(parseAddress)
    .filter(address => address.linkIndex === wanted.linkIndex);
  const isWanted = (one: InterfaceAddress) =>
    one.address === wanted.address && one.prefixLength === wanted.prefixLength;
  const others = present.filter(address => !isWanted(address));
  if (others.length > 0) host.request(others.map(deleteAddress));
  if (!present.some(isWanted)) host.request([addAddress(wanted)]);
}

/** /proc/sys/net shows the namespace of the thread that looks: this has to stay synchronous. */
function writeSysctl(key: string, value: string): void {
  const path = `/proc/sys/${key}`;
  // It may be read-only for the engine (in a container) and right all the same.
  if (readFileSync(path, 'utf8').trim() !== value) writeFileSync(path, value);
}

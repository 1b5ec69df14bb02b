import type { MapElement } from '../../kernel/netlink/nftables-messages.ts';
import { addressOf, type Endpoint, type PortBinding, type Protocol } from '../driver.ts';
import { addressBytes, type IpVersion, parseIp, versionOf } from '../ipam/ip.ts';
import { relayAddress } from './relay-address.ts';
import { EVERY_ADDRESS_MAP, LINKED_SET, ONE_ADDRESS_MAP, OPEN_SET } from './ruleset.ts';

/** What changes with each endpoint in the table of an IP version. */
export const PUBLISHED_MAPS = [EVERY_ADDRESS_MAP, ONE_ADDRESS_MAP, OPEN_SET, LINKED_SET] as const;
export type PublishedMap = (typeof PUBLISHED_MAPS)[number];

/** An element of one of the maps and sets of published ports. */
export type PublishedElement = { version: IpVersion; map: PublishedMap; element: MapElement };

const PROTOCOLS: Record<Protocol, number> = { tcp: 6, udp: 17, sctp: 132 };
const NO_DATA = Buffer.alloc(0);

/**
 * What the firewall's maps hold for an endpoint: an element for each port that leads to it by an address of that
 * version, or by the shim from IPv6 to IPv4, and for each port that it is linked by.
 * @param routed IP versions in which its published ports are reached at its own address
 */
export function publishedElements(endpoint: Endpoint, routed: ReadonlySet<IpVersion>): PublishedElement[] {
  const ports = endpoint.ports.flatMap(port => portElement(endpoint, port, routed));
  return [...ports, ...linkElements(endpoint)];
}

function portElement(
  endpoint: Endpoint,
  port: PortBinding,
  routed: ReadonlySet<IpVersion>,
): PublishedElement[] {
  const version = versionOf(port.hostIp);
  const inside = addressOf(endpoint, version)?.address;
  if (inside === undefined)
    return version === 6 && addressOf(endpoint, 4) !== undefined && port.hostPort !== 0
      ? portElement(endpoint, { ...port, hostIp: relayAddress(port.hostIp) }, routed)
      : [];
  if (port.hostPort === 0)
    return routed.has(version) ? [{ version, map: OPEN_SET, element: openElement(inside, port) }] : [];
  const everyAddress = isEveryAddress(port.hostIp);
  const data = Buffer.concat([address(inside), portField(port.containerPort)]);
  const key = keyOf(port, everyAddress);
  return [{ version, map: everyAddress ? EVERY_ADDRESS_MAP : ONE_ADDRESS_MAP, element: { key, data } }];
}

function linkElements({ links = [] }: Endpoint): PublishedElement[] {
  return links.map(({ from, to, protocol, port }) => {
    const key = Buffer.concat([address(from), address(to), protocolField(protocol), portField(port)]);
    return { version: 4, map: LINKED_SET, element: { key, data: NO_DATA } };
  });
}

export function isEveryAddress(hostIp: string): boolean {
  return hostIp === '0.0.0.0' || hostIp === '::';
}

function openElement(inside: string, { protocol, containerPort }: PortBinding): MapElement {
  const key = Buffer.concat([address(inside), protocolField(protocol), portField(containerPort)]);
  return { key, data: NO_DATA };
}

function keyOf({ protocol, hostIp, hostPort }: PortBinding, everyAddress: boolean): Buffer {
  const service = [protocolField(protocol), portField(hostPort)];
  return Buffer.concat(everyAddress ? service : [address(hostIp), ...service]);
}

function address(text: string): Buffer {
  return addressBytes(parseIp(text));
}

/** As all fields of a concatenation, padded to four bytes. */
function protocolField(protocol: Protocol): Buffer {
  return Buffer.from([PROTOCOLS[protocol], 0, 0, 0]);
}

/** In network order. */
function portField(port: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt16BE(port);
  return buffer;
}

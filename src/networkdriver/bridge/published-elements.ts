import type { MapElement } from '../../kernel/netlink/nftables-messages.ts';
import { addressOf, type Endpoint, type PortBinding } from '../driver.ts';
import { addressBytes, parseIp } from '../ipam/ip.ts';
import { EVERY_ADDRESS_MAP, ONE_ADDRESS_MAP } from './ruleset.ts';

export type PublishedMap = typeof EVERY_ADDRESS_MAP | typeof ONE_ADDRESS_MAP;

/** An element of one of the two maps of published ports. */
export type PublishedElement = { map: PublishedMap; element: MapElement };

const PROTOCOLS = { tcp: 6, udp: 17 };

/** What the firewall's maps hold for an endpoint: an element for each port. */
export function publishedElements(endpoint: Endpoint): PublishedElement[] {
  const inside = addressOf(endpoint, 4);
  if (inside === undefined) return [];
  return endpoint.ports.map(port => {
    const everyAddress = port.hostIp === '0.0.0.0';
    return {
      map: everyAddress ? EVERY_ADDRESS_MAP : ONE_ADDRESS_MAP,
      element: {
        key: keyOf(port, everyAddress),
        data: Buffer.concat([address(inside.address), portField(port.containerPort)]),
      },
    };
  });
}

function keyOf({ protocol, hostIp, hostPort }: PortBinding, everyAddress: boolean): Buffer {
  const service = [Buffer.from([PROTOCOLS[protocol], 0, 0, 0]), portField(hostPort)];
  return Buffer.concat(everyAddress ? service : [address(hostIp), ...service]);
}

function address(text: string): Buffer {
  return addressBytes(parseIp(text));
}

/** In network order, and as all fields of a concatenation, padded to four bytes. */
function portField(port: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt16BE(port);
  return buffer;
}

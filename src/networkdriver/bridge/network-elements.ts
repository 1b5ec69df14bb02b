import type { SetElement } from '../../kernel/netlink/nftables-messages.ts';
import { addressBytes, type IpVersion, parseIp, parseSubnet, type Subnet, versionOf } from '../ipam/ip.ts';

/** How a network's endpoints are reached from elsewhere, and reach others, in an IP version. */
export type GatewayMode = 'nat' | 'nat-unprotected' | 'routed' | 'isolated';

/** What the firewall must know of a bridge network. */
export type FirewallNetwork = {
  device: string;
  /** Subnets of either IP version. */
  subnets: readonly string[];
  /** No way out and none in. */
  internal: boolean;
  /** Whether its endpoints reach each other. */
  icc: boolean;
  /** Outgoing connections get the host's address, where the gateway mode has them translated. */
  masquerade: boolean;
  modes: Readonly<Record<IpVersion, GatewayMode>>;
  /** Which of the host's addresses that is, of either IP version; empty for that of the way out. */
  sources: readonly string[];
  /** Interfaces of the host whose neighbours reach endpoints at their own addresses. */
  trusted: readonly string[];
};

/** The sets and maps of a table that say which networks there are. */
export const NETWORK_SETS = [
  'bridges',
  'internal',
  'same_bridge',
  'trusted',
  'routed',
  'unprotected',
  'home',
  'outbound',
  'sources',
] as const;
export type NetworkSet = (typeof NETWORK_SETS)[number];

/** An element, as nft(8) writes it, and as it goes to the kernel. */
export type NetworkElement = { text: string; encoded: SetElement[] };

const IFNAMSIZ = 16;

/** What the sets hold of a network, in the table of an IP version. */
export function networkElements(
  network: FirewallNetwork,
  version: IpVersion,
): Record<NetworkSet, NetworkElement[]> {
  const { device, internal, icc, trusted } = network;
  const mode = network.modes[version];
  const bridge = [interfaceElement(device)];
  const own = network.subnets.filter(subnet => versionOf(subnet) === version);
  const translated =
    !internal && network.masquerade && (mode === 'nat' || mode === 'nat-unprotected') ? own : [];
  const source = network.sources.find(address => versionOf(address) === version);
  return {
    bridges: bridge,
    internal: internal ? bridge : [],
    same_bridge: icc ? [pairElement(device, device)] : [],
    trusted: internal ? [] : trusted.map(name => pairElement(name, device)),
    routed: mode === 'routed' ? bridge : [],
    unprotected: mode === 'nat-unprotected' ? bridge : [],
    home: own.map(subnet => placeElement(subnet, device)),
    outbound: source === undefined ? translated.map(subnetElement) : [],
    sources: source === undefined ? [] : translated.map(subnet => sourceElement(subnet, source)),
  };
}

function interfaceElement(name: string): NetworkElement {
  return { text: `"${name}"`, encoded: [{ key: interfaceKey(name) }] };
}

function pairElement(from: string, to: string): NetworkElement {
  const key = Buffer.concat([interfaceKey(from), interfaceKey(to)]);
  return { text: `"${from}" . "${to}"`, encoded: [{ key }] };
}

function placeElement(subnet: string, device: string): NetworkElement {
  return {
    text: `${subnet} . "${device}"`,
    encoded: [placeOf(parseSubnet(subnet), interfaceKey(device))],
  };
}

function subnetElement(subnet: string): NetworkElement {
  return { text: subnet, encoded: intervalOf(parseSubnet(subnet)) };
}

function sourceElement(subnet: string, source: string): NetworkElement {
  return {
    text: `${subnet} : ${source}`,
    encoded: intervalOf(parseSubnet(subnet), addressBytes(parseIp(source))),
  };
}

function interfaceKey(device: string): Buffer {
  const key = Buffer.alloc(IFNAMSIZ);
  key.write(device);
  return key;
}

function placeOf({ version, first, last }: Subnet, name: Buffer): SetElement {
  const at = (value: bigint): Buffer => Buffer.concat([addressBytes({ version, value }), name]);
  return { key: at(first), keyEnd: at(last) };
}

function intervalOf({ version, first, last }: Subnet, data?: Buffer): SetElement[] {
  const end = last + 1n;
  const start = { key: addressBytes({ version, value: first }), ...(data === undefined ? {} : { data }) };
  const isLast = end === 1n << BigInt(start.key.length * 8);
  return isLast ? [start] : [start, { key: addressBytes({ version, value: end }), isIntervalEnd: true }];
}

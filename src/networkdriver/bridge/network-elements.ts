import type { SetElement } from '../../kernel/netlink/nftables-messages.ts';
import { addressBytes, type IpVersion, parseSubnet, type Subnet, versionOf } from '../ipam/ip.ts';

/** What the firewall must know of a bridge network. */
export type FirewallNetwork = {
  device: string;
  /** Of either IP version. */
  subnets: readonly string[];
  /** No way out and none in. */
  internal: boolean;
  /** Whether its endpoints reach each other. */
  icc: boolean;
  /** Outgoing connections get the host's address. */
  masquerade: boolean;
};

/** The sets of a table that say which networks there are. */
export const NETWORK_SETS = ['bridges', 'internal', 'same_bridge', 'home', 'outbound'] as const;
export type NetworkSet = (typeof NETWORK_SETS)[number];

/** An element, as nft(8) writes it, and as it goes to the kernel. */
export type NetworkElement = { text: string; encoded: SetElement[] };

const IFNAMSIZ = 16;

/** What the sets hold of a network, in the table of an IP version. */
export function networkElements(
  { device, subnets, internal, icc, masquerade }: FirewallNetwork,
  version: IpVersion,
): Record<NetworkSet, NetworkElement[]> {
  const name = interfaceKey(device);
  const bridge = [{ text: `"${device}"`, encoded: [{ key: name }] }];
  const own = subnets.filter(subnet => versionOf(subnet) === version);
  return {
    bridges: bridge,
    internal: internal ? bridge : [],
    same_bridge: icc
      ? [{ text: `"${device}" . "${device}"`, encoded: [{ key: Buffer.concat([name, name]) }] }]
      : [],
    home: own.map(subnet => ({
      text: `${subnet} . "${device}"`,
      encoded: [placeOf(parseSubnet(subnet), name)],
    })),
    outbound:
      masquerade && !internal
        ? own.map(subnet => ({ text: subnet, encoded: intervalOf(parseSubnet(subnet)) }))
        : [],
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

function intervalOf({ version, first, last }: Subnet): SetElement[] {
  const end = last + 1n;
  const start = { key: addressBytes({ version, value: first }) };
  const isLast = end === 1n << BigInt(start.key.length * 8);
  return isLast ? [start] : [start, { key: addressBytes({ version, value: end }), isIntervalEnd: true }];
}

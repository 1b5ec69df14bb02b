import { type IpVersion, versionOf } from '../ipam/ip.ts';
import { type FirewallNetwork, NETWORK_SETS, networkElements, type NetworkSet } from './network-elements.ts';

/** Key: protocol, port; for ports published at every address of the host. */
export const EVERY_ADDRESS_MAP = 'published';
/** Key: address, protocol, port. */
export const ONE_ADDRESS_MAP = 'published_at';

/**
 * The nft(8) script of the engine's tables, one for each IP version: what holds for all ports and networks. Published
 * ports are elements of two maps, which the script makes if they are missing and otherwise leaves alone. Loading it
 * again is one transaction: no packet ever meets half of it.
 * @param options.hasIpv6 whether the kernel has IPv6; there is a table for it when a network has
 */
export function rulesetOf(
  table: string,
  networks: readonly FirewallNetwork[],
  { hasIpv6 }: { hasIpv6: boolean },
): string {
  const usesIpv6 = haveIpv6(networks);
  const ipv4 = networks.length === 0 ? withoutTable(`ip ${table}`) : ipv4Table(`ip ${table}`, networks);
  const ipv6 = usesIpv6 ? ipv6Table(`ip6 ${table}`, networks) : withoutTable(`ip6 ${table}`);
  return [...ipv4, ...(hasIpv6 ? ipv6 : []), ''].join('\n');
}

export function haveIpv6(networks: readonly FirewallNetwork[]): boolean {
  return networks.some(({ subnets }) => subnets.some(subnet => versionOf(subnet) === 6));
}

function withoutTable(name: string): string[] {
  return [`add table ${name}`, `delete table ${name}`];
}

function ipv4Table(name: string, networks: readonly FirewallNetwork[]): string[] {
  const destination = 'ipv4_addr . inet_service';
  return [
    `add table ${name}`,
    `add map ${name} ${EVERY_ADDRESS_MAP} { type inet_proto . inet_service : ${destination}; }`,
    `add map ${name} ${ONE_ADDRESS_MAP} { type ipv4_addr . inet_proto . inet_service : ${destination}; }`,
    ...networkSets(name, 4, networks),
    ...chain(name, { chain: 'guard', type: 'filter hook prerouting priority raw', rules: guardRules() }),
    ...chain(name, { chain: 'publish', rules: publishRules() }),
    ...chain(name, {
      chain: 'prerouting',
      type: 'nat hook prerouting priority dstnat',
      // Nobody outside reaches what is published for the host alone (or a port by a loopback address at all).
      rules: ['ip daddr 127.0.0.0/8 return', 'fib daddr type local jump publish'],
    }),
    ...chain(name, {
      chain: 'output',
      type: 'nat hook output priority -100',
      rules: ['fib daddr type local jump publish'],
    }),
    ...chain(name, { chain: 'forward', type: 'filter hook forward priority filter', rules: forwardRules() }),
    ...chain(name, {
      chain: 'postrouting',
      type: 'nat hook postrouting priority srcnat',
      rules: postroutingRules(),
    }),
  ];
}

/** Ports are published on IPv4 addresses only: there is no way in, and the same ways out. */
function ipv6Table(name: string, networks: readonly FirewallNetwork[]): string[] {
  return [
    `add table ${name}`,
    ...networkSets(name, 6, networks),
    ...chain(name, { chain: 'forward', type: 'filter hook forward priority filter', rules: forwardRules() }),
    ...chain(name, {
      chain: 'postrouting',
      type: 'nat hook postrouting priority srcnat',
      rules: [outboundRule(6)],
    }),
  ];
}

function networkSets(name: string, version: IpVersion, networks: readonly FirewallNetwork[]): string[] {
  const address = version === 4 ? 'ipv4_addr' : 'ipv6_addr';
  const types: Record<NetworkSet, string> = {
    bridges: 'type ifname;',
    internal: 'type ifname;',
    same_bridge: 'type ifname . ifname;',
    home: `type ${address} . ifname; flags interval;`,
    outbound: `type ${address}; flags interval;`,
  };
  const elements = networks.map(network => networkElements(network, version));
  return NETWORK_SETS.flatMap(set => {
    const texts = elements.flatMap(all => all[set].map(({ text }) => text));
    return [
      `add set ${name} ${set} { ${types[set]} }`,
      `flush set ${name} ${set}`,
      ...(texts.length === 0 ? [] : [`add element ${name} ${set} { ${texts.join(', ')} }`]),
    ];
  });
}

/** Bridges let packets with loopback addresses through (route_localnet), for the host's own connections only. */
function guardRules(): string[] {
  return ['iifname @bridges ip daddr 127.0.0.0/8 drop', 'iifname @bridges ip saddr 127.0.0.0/8 drop'];
}

function publishRules(): string[] {
  return [
    `meta l4proto { tcp, udp } dnat ip to ip daddr . meta l4proto . th dport map @${ONE_ADDRESS_MAP}`,
    `meta l4proto { tcp, udp } dnat ip to meta l4proto . th dport map @${EVERY_ADDRESS_MAP}`,
  ];
}

function forwardRules(): string[] {
  return [
    'ct state established,related accept',
    'iifname . oifname @same_bridge accept',
    'iifname @internal drop',
    'oifname @internal drop',
    'oifname @bridges ct status dnat accept',
    // From other bridges, and from other machines straight to a container's address.
    'oifname @bridges drop',
  ];
}

function postroutingRules(): string[] {
  return [
    'oifname @bridges ip saddr 127.0.0.0/8 masquerade',
    // A container that comes back by a published port: without this the answer would take the short way.
    'ip saddr . oifname @home ct status dnat masquerade',
    outboundRule(4),
  ];
}

function outboundRule(version: IpVersion): string {
  const source = `${version === 4 ? 'ip' : 'ip6'} saddr`;
  return `${source} @outbound ${source} . oifname != @home masquerade`;
}

function chain(table: string, options: { chain: string; type?: string; rules: readonly string[] }): string[] {
  const name = `${table} ${options.chain}`;
  const hook = options.type === undefined ? '' : ` { type ${options.type}; policy accept; }`;
  return [
    `add chain ${name}${hook}`,
    `flush chain ${name}`,
    ...options.rules.map(rule => `add rule ${name} ${rule}`),
  ];
}

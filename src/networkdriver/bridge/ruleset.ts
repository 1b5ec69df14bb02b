import { type IpVersion, versionOf } from '../ipam/ip.ts';
import { type FirewallNetwork, NETWORK_SETS, networkElements, type NetworkSet } from './network-elements.ts';

/** Key: protocol, port; for ports published at every address of the host. */
export const EVERY_ADDRESS_MAP = 'published';
/** Key: address, protocol, port. */
export const ONE_ADDRESS_MAP = 'published_at';
/** An endpoint's address, protocol, port: ports that are reached there from everywhere. */
export const OPEN_SET = 'open';
/** Who asks, who is asked, protocol, port: of endpoints that are otherwise apart. */
export const LINKED_SET = 'linked';
/** The chain for rules of the host's administrators. It is jumped to, and never changed. */
export const ADMINISTRATORS_CHAIN = 'administrators';

/**
 * The nft(8) script of the engine's tables, one for each IP version: what holds for all ports and networks. Published
 * ports are elements of maps and sets, which the script makes if they are missing and otherwise leaves alone. Loading it
 * again is one transaction: no packet ever meets half of it.
 * @param options.hasIpv6 whether the kernel has IPv6; there is a table for it when a network has
 * @param options.kept tables that stay without networks, as administrators have rules in them
 */
export function rulesetOf(
  table: string,
  networks: readonly FirewallNetwork[],
  { hasIpv6, kept = [] }: { hasIpv6: boolean; kept?: readonly IpVersion[] },
): string {
  const versions = hasIpv6 ? ([4, 6] as const) : ([4] as const);
  const lines = versions.flatMap(version => {
    const name = `${version === 4 ? 'ip' : 'ip6'} ${table}`;
    const isUsed = version === 4 ? networks.length > 0 : haveIpv6(networks);
    return isUsed || kept.includes(version) ? tableOf(name, version, networks) : withoutTable(name);
  });
  return [...lines, ''].join('\n');
}

export function haveIpv6(networks: readonly FirewallNetwork[]): boolean {
  return networks.some(({ subnets }) => subnets.some(subnet => versionOf(subnet) === 6));
}

function withoutTable(name: string): string[] {
  return [`add table ${name}`, `delete table ${name}`];
}

function tableOf(name: string, version: IpVersion, networks: readonly FirewallNetwork[]): string[] {
  return [
    `add table ${name}`,
    ...publishedMaps(name, version),
    ...networkSets(name, version, networks),
    `add chain ${name} ${ADMINISTRATORS_CHAIN}`,
    ...(version === 4
      ? chain(name, { chain: 'guard', type: 'filter hook prerouting priority raw', rules: guardRules() })
      : []),
    ...chain(name, { chain: 'publish', rules: publishRules(version) }),
    ...chain(name, {
      chain: 'prerouting',
      type: 'nat hook prerouting priority dstnat',
      rules: preroutingRules(version),
    }),
    ...chain(name, {
      chain: 'output',
      type: 'nat hook output priority -100',
      rules: ['fib daddr type local jump publish'],
    }),
    ...chain(name, {
      chain: 'forward',
      type: 'filter hook forward priority filter',
      rules: forwardRules(version),
    }),
    ...chain(name, {
      chain: 'postrouting',
      type: 'nat hook postrouting priority srcnat',
      rules: postroutingRules(version),
    }),
  ];
}

function publishedMaps(name: string, version: IpVersion): string[] {
  const address = addressType(version);
  const destination = `${address} . inet_service`;
  const key = `${address} . inet_proto . inet_service`;
  return [
    `add map ${name} ${EVERY_ADDRESS_MAP} { type inet_proto . inet_service : ${destination}; }`,
    `add map ${name} ${ONE_ADDRESS_MAP} { type ${key} : ${destination}; }`,
    `add set ${name} ${OPEN_SET} { type ${key}; }`,
    `add set ${name} ${LINKED_SET} { type ${address} . ${key}; }`,
  ];
}

function networkSets(name: string, version: IpVersion, networks: readonly FirewallNetwork[]): string[] {
  const address = addressType(version);
  const types: Record<NetworkSet, string> = {
    bridges: 'type ifname;',
    internal: 'type ifname;',
    same_bridge: 'type ifname . ifname;',
    trusted: 'type ifname . ifname;',
    routed: 'type ifname;',
    unprotected: 'type ifname;',
    home: `type ${address} . ifname; flags interval;`,
    outbound: `type ${address}; flags interval;`,
    sources: `type ${address} : ${address}; flags interval;`,
  };
  const elements = networks.map(network => networkElements(network, version));
  return NETWORK_SETS.flatMap(set => {
    const texts = elements.flatMap(all => all[set].map(({ text }) => text));
    const kind = types[set].includes(' : ') ? 'map' : 'set';
    return [
      `add ${kind} ${name} ${set} { ${types[set]} }`,
      `flush ${kind} ${name} ${set}`,
      ...(texts.length === 0 ? [] : [`add element ${name} ${set} { ${texts.join(', ')} }`]),
    ];
  });
}

/** Bridges let packets with loopback addresses through (route_localnet), for the host's own connections only. */
function guardRules(): string[] {
  return ['iifname @bridges ip daddr 127.0.0.0/8 drop', 'iifname @bridges ip saddr 127.0.0.0/8 drop'];
}

function publishRules(version: IpVersion): string[] {
  const family = familyOf(version);
  const ports = 'meta l4proto { tcp, udp, sctp }';
  return [
    `${ports} dnat ${family} to ${family} daddr . meta l4proto . th dport map @${ONE_ADDRESS_MAP}`,
    `${ports} dnat ${family} to meta l4proto . th dport map @${EVERY_ADDRESS_MAP}`,
  ];
}

/** No other host reaches what is published for the host alone (or a port by a loopback address at all). */
function preroutingRules(version: IpVersion): string[] {
  return [`${familyOf(version)} daddr ${LOOPBACK[version]} return`, 'fib daddr type local jump publish'];
}

function forwardRules(version: IpVersion): string[] {
  const family = familyOf(version);
  return [
    `jump ${ADMINISTRATORS_CHAIN}`,
    'ct state established,related accept',
    'iifname . oifname @same_bridge accept',
    `iifname @bridges ${family} saddr . ${family} daddr . meta l4proto . th dport @${LINKED_SET} accept`,
    'iifname @internal drop',
    'oifname @internal drop',
    'oifname @bridges ct status dnat accept',
    'oifname @unprotected accept',
    'iifname . oifname @trusted accept',
    `${family} daddr . meta l4proto . th dport @${OPEN_SET} accept`,
    `oifname @routed meta l4proto ${version === 4 ? 'icmp' : 'ipv6-icmp'} accept`,
    // From other bridges, and from other machines straight to a container's address.
    'oifname @bridges drop',
  ];
}

function postroutingRules(version: IpVersion): string[] {
  const family = familyOf(version);
  const leaves = `${family} saddr . oifname != @home`;
  return [
    `oifname @bridges ${family} saddr ${LOOPBACK[version]} masquerade`,
    // A container that comes back by a published port: without this the answer would take the short way.
    `${family} saddr . oifname @home ct status dnat masquerade`,
    `${leaves} snat ${family} to ${family} saddr map @sources`,
    `${family} saddr @outbound ${leaves} masquerade`,
  ];
}

const LOOPBACK = { 4: '127.0.0.0/8', 6: '::1' } as const;

function familyOf(version: IpVersion): string {
  return version === 4 ? 'ip' : 'ip6';
}

function addressType(version: IpVersion): string {
  return `ipv${version}_addr`;
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

import { existsSync, readFileSync } from 'node:fs';
import { NF_DROP } from '../../kernel/abi/nfnetlink.ts';
import { NETLINK_NETFILTER } from '../../kernel/abi/netlink.ts';
import { dumpAddresses, type InterfaceAddress, parseAddress } from '../../kernel/netlink/address-messages.ts';
import { dumpLinks, type Link, parseLink } from '../../kernel/netlink/link-messages.ts';
import { NetlinkSocket } from '../../kernel/netlink/netlink-socket.ts';
import type { BaseChain } from '../../kernel/netlink/nftables-messages.ts';
import type { NetworkProblem } from '../driver.ts';
import { versionOf } from '../ipam/ip.ts';
import { MAX_BRIDGE_PORTS } from './attach-interface.ts';
import { type BridgeNetwork, gatewaysOf } from './bridge-network.ts';
import { foreignForwardChains } from './foreign-chains.ts';

/**
 * What on the host keeps bridge networks from working.
 * @param obeys whether chains of others decide about published ports
 */
export function hostProblems(
  host: NetlinkSocket,
  networks: readonly BridgeNetwork[],
  obeys: boolean,
): NetworkProblem[] {
  if (networks.length === 0) return [];
  const hasIpv6 = networks.some(({ options }) => options.pools.some(({ subnet }) => versionOf(subnet) === 6));
  const links = host.dump(dumpLinks()).map(parseLink);
  const addresses = ([4, 6] as const).flatMap(version => host.dump(dumpAddresses(version)).map(parseAddress));
  return [
    ...forwardingProblems(hasIpv6),
    ...(obeys ? droppingChains().map(describeDroppingChain) : []),
    ...legacyProblems(),
    ...networks.flatMap(network => bridgeProblems(network, { links, addresses })),
  ];
}

/** Those that drop what is forwarded, and not accepted by them. */
function droppingChains(): BaseChain[] {
  const socket = new NetlinkSocket(NETLINK_NETFILTER);
  try {
    return foreignForwardChains(socket).filter(({ policy }) => policy === NF_DROP);
  } finally {
    socket.close();
  }
}

function describeDroppingChain({ family, table, chain }: BaseChain): NetworkProblem {
  return {
    problem: `the chain ${chain} of the table ${family} ${table} drops what containers send and get, unless a rule of its own accepts it`,
    remedy:
      'add rules to it that accept what comes from the bridges and goes to them, or have the daemon do so: --firewall-mode=docker',
  };
}

function forwardingProblems(hasIpv6: boolean): NetworkProblem[] {
  const problems: NetworkProblem[] = [];
  if (read('net/ipv4/ip_forward') === '0')
    problems.push({
      problem:
        'the host does not forward IPv4 packets: containers cannot reach other hosts, nor be reached by them',
      remedy: 'sysctl -w net.ipv4.ip_forward=1',
    });
  if (hasIpv6 && read('net/ipv6/conf/all/forwarding') === '0')
    problems.push({
      problem: 'the host does not forward IPv6 packets',
      remedy: 'sysctl -w net.ipv6.conf.all.forwarding=1',
    });
  if (hasIpv6 && read('net/bridge/bridge-nf-call-ip6tables') === '1')
    problems.push({
      problem: 'bridged packets go through the firewall of IPv6: published ports do not answer at ::1',
      remedy: 'use 127.0.0.1, or sysctl -w net.bridge.bridge-nf-call-ip6tables=0 where nothing else needs it',
    });
  return problems;
}

/** iptables' earlier implementation is a firewall beside nftables. */
function legacyProblems(): NetworkProblem[] {
  const path = '/proc/net/ip_tables_names';
  if (!existsSync(path) || !readFileSync(path, 'utf8').split('\n').includes('filter')) return [];
  return [
    {
      problem: 'rules of iptables-legacy are in force, which nftables does not show: they may drop packets',
      remedy: 'look at them with iptables-legacy -S FORWARD',
    },
  ];
}

type Present = { links: readonly Link[]; addresses: readonly InterfaceAddress[] };

function bridgeProblems(network: BridgeNetwork, { links, addresses }: Present): NetworkProblem[] {
  const { device } = network.settings;
  const bridge = links.find(({ name }) => name === device);
  const what = `the bridge ${device} of the network ${network.options.name}`;
  if (bridge === undefined)
    return [
      { problem: `${what} is missing`, remedy: 'restart the daemon, and then the containers of the network' },
    ];
  const problems: NetworkProblem[] = [];
  if (!bridge.up) problems.push({ problem: `${what} is down`, remedy: `ip link set ${device} up` });
  const own = addresses.filter(({ linkIndex }) => linkIndex === bridge.index);
  for (const { address, prefixLength } of gatewaysOf(network.options, network.settings))
    if (!own.some(found => found.address === address))
      problems.push({
        problem: `${what} has lost its address ${address}/${prefixLength}`,
        remedy: `ip address add ${address}/${prefixLength} dev ${device}, and see that no other program manages it`,
      });
  if (links.filter(({ masterIndex }) => masterIndex === bridge.index).length >= MAX_BRIDGE_PORTS)
    problems.push({
      problem: `${what} has all the ${MAX_BRIDGE_PORTS} ports that a bridge can have`,
      remedy: 'put further containers on other networks',
    });
  return problems;
}

/** Of the thread's network namespace. */
function read(key: string): string | undefined {
  const path = `/proc/sys/${key}`;
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined;
}

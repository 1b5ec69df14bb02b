import { shortId } from '../../base/ids.ts';
import { own } from '../../base/own.ts';
import { contains, type IpVersion, isIpOf, parseIp, parseSubnet } from '../../networkdriver/ipam/ip.ts';
import type { Container } from '../model/container.ts';
import type { ContainerRecord } from '../model/container-record.ts';
import type { NetworkDaemon } from './networks.ts';
import { checkSizes } from '../model/check-sizes.ts';
import { invalid } from '../model/errors.ts';
import { interfaceSysctlProblem } from './interface-sysctls.ts';
import { joined } from './ipam-config.ts';
import { linkLocalProblems } from './link-local-addresses.ts';
import { EMPTY_ENDPOINT_CONFIG, type EndpointConfig } from '../model/endpoint-config.ts';
import { isUserDefined, type NetworkRecord } from '../model/network-record.ts';

const IFNAME = 'com.docker.network.endpoint.ifname';
const PREFIX = 'com.docker.network.container_iface_prefix';

/**
 * What is asked of an endpoint, against the network, if there is one of that name yet.
 * @throws EngineError invalid-parameter, in Docker's words
 */
export function checkEndpointSettings(
  name: string,
  settings: EndpointConfig,
  network: NetworkRecord | undefined,
): void {
  const { IPAMConfig, Aliases, DriverOpts } = settings;
  checkSizes(settings);
  checkSizes(IPAMConfig);
  const { IPv4Address: ipv4, IPv6Address: ipv6 } = IPAMConfig;
  const problems: string[] = [];
  if (!isUserDefined(network === undefined ? name : network.name)) {
    if (ipv4 !== '' || ipv6 !== '')
      problems.push('user specified IP address is supported on user defined networks only');
    if (Aliases.length > 0)
      problems.push('network-scoped alias is supported only for containers in user defined networks');
  }
  if (ipv4 !== '') problems.push(...addressProblems(4, ipv4, network));
  if (ipv6 !== '') problems.push(...addressProblems(6, ipv6, network));
  const interfaceName = own(DriverOpts, IFNAME);
  if (interfaceName && !isInterfaceName(interfaceName))
    problems.push(`invalid interface name: ${interfaceName}`);
  const sysctlProblem = interfaceSysctlProblem(settings);
  if (sysctlProblem !== undefined) problems.push(sysctlProblem);
  problems.push(...linkLocalProblems(settings));
  if (problems.length > 0) throw invalid(`invalid endpoint settings:\n${joined(problems)}`);
}

function addressProblems(version: IpVersion, address: string, network: NetworkRecord | undefined): string[] {
  const isAddress = isIpOf(version, address) && !isUnspecifiedOrMapped(address);
  const problems = isAddress ? [] : [`invalid IPv${version} address: ${address}`];
  if (network === undefined) return problems;
  const pools = network.pools.filter(
    ({ subnet, isSubnetGiven }) => isSubnetGiven && parseSubnet(subnet).version === version,
  );
  if (pools.length === 0)
    return [
      ...problems,
      'user specified IP address is supported only when connecting to networks with user configured subnets',
    ];
  const isInside = isAddress && pools.some(({ subnet }) => contains(parseSubnet(subnet), parseIp(address)));
  if (!isInside) problems.push(`no configured subnet or ip-range contain the IP address ${address}`);
  return problems;
}

/** `::`, and IPv4 addresses in the form of IPv6 (RFC 4291, 2.5.5.2). */
function isUnspecifiedOrMapped(address: string): boolean {
  const { version, value } = parseIp(address);
  return value === 0n || (version === 6 && value >> 32n === 0xffffn);
}

function isInterfaceName(name: string): boolean {
  return name.length <= 15 && !/[/\s:]/.test(name) && name !== '.' && name !== '..' && name !== 'lo';
}

/** What was asked of the container's endpoint on a network, by the network's name. */
export function settingsOf({ networks }: Pick<ContainerRecord, 'networks'>, network: string): EndpointConfig {
  return own(networks, network) ?? EMPTY_ENDPOINT_CONFIG;
}

export function fixedAddresses({ IPAMConfig }: EndpointConfig): string[] {
  return [IPAMConfig.IPv4Address, IPAMConfig.IPv6Address].filter(address => address !== '');
}

/** The addresses that other containers, which may not run, have chosen on a network. */
export function reservedAddresses(
  { containers }: NetworkDaemon,
  network: string,
  container: Container,
): Set<string> {
  if (!isUserDefined(network)) return new Set();
  return new Set(
    containers
      .all()
      .filter(other => other !== container)
      .flatMap(({ record }) => fixedAddresses(settingsOf(record, network))),
  );
}

/** The name that is asked for, or the first free one: `eth1`. */
export function interfaceName(
  settings: EndpointConfig,
  network: NetworkRecord,
  taken: readonly string[],
): string {
  const wanted = own(settings.DriverOpts, IFNAME);
  if (wanted) return wanted;
  const prefix = own(network.options, PREFIX) || 'eth';
  let index = 0;
  while (taken.includes(`${prefix}${index}`)) index++;
  return `${prefix}${index}`;
}

/** By which a container is found on a user-defined network. */
export function dnsNames({ id, record }: Container, { Aliases }: EndpointConfig): string[] {
  const names = [record.name, ...Aliases, shortId(id), record.config.Hostname];
  return [...new Set(names)].filter(name => name !== '');
}

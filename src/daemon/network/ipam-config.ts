import { textBefore } from '../../base/text-before.ts';
import type { IpamConfig } from '../../api/types.ts';
import { withGateway } from '../../networkdriver/ipam/choose-subnet.ts';
import {
  contains,
  formatSubnet,
  isIpOf,
  parseIp,
  parseSubnet,
  type Subnet,
} from '../../networkdriver/ipam/ip.ts';
import { checkSizes } from '../model/check-sizes.ts';
import { invalid } from '../model/errors.ts';
import type { PoolRecord } from '../model/network-record.ts';

/**
 * The subnets that a request for a network chooses.
 * @throws EngineError invalid-parameter, in Docker's words, with all that is wrong
 */
export function parseIpamConfig(
  configs: readonly IpamConfig[],
  enabled: { ipv4: boolean; ipv6: boolean },
): PoolRecord[] {
  const AuxiliaryAddresses = configs.flatMap(config => Object.keys(config.AuxiliaryAddresses ?? {}));
  checkSizes({ 'IPAM.Config': configs, AuxiliaryAddresses });
  const problems = configs.flatMap(config => problemsOf(config));
  if (problems.length > 0) throw invalid(`invalid network config:\n${joined(problems)}`);
  return configs
    .filter(({ Subnet: subnet = '' }) => (subnet.includes(':') ? enabled.ipv6 : enabled.ipv4))
    .map(poolOf);
}

/** As Go's multierror has them. */
export function joined(problems: readonly string[]): string {
  return problems.map(problem => (problems.length === 1 ? problem : `* ${problem}`)).join('\n');
}

function poolOf({
  Subnet: text = '',
  IPRange = '',
  Gateway = '',
  AuxiliaryAddresses,
}: IpamConfig): PoolRecord {
  const subnet = parseSubnet(text);
  return {
    subnet: formatSubnet(subnet),
    range: IPRange,
    gateway: Gateway === '' ? firstFree(subnet, IPRange) : Gateway,
    auxiliary: { ...AuxiliaryAddresses },
    isSubnetGiven: true,
    isGatewayGiven: Gateway !== '',
  };
}

/** Of the range, where there is one, as Docker has it. */
function firstFree(subnet: Subnet, range: string): string {
  const within = range === '' ? subnet : parseSubnet(range);
  return withGateway(within.first === subnet.first ? subnet : { ...within, last: within.first }).gateway;
}

function problemsOf({ Subnet: text = '', IPRange, Gateway, AuxiliaryAddresses }: IpamConfig): string[] {
  const subnet = cidr(text);
  if (subnet === undefined) return [`invalid subnet ${text}: invalid CIDR block notation`];
  const masked = formatSubnet(subnet);
  if (masked !== text && !isSameNetwork(text, subnet))
    return [`invalid subnet ${text}: it should be ${masked}`];
  const auxiliary = Object.entries({ ...AuxiliaryAddresses });
  return [
    ...(IPRange ? rangeProblems(IPRange, subnet) : []),
    ...(Gateway ? addressProblems(`gateway ${Gateway}`, Gateway, subnet) : []),
    ...auxiliary.flatMap(([name, address]) => addressProblems(`auxiliary address ${name}`, address, subnet)),
  ];
}

/** IPv6 has many ways to write one address. */
function isSameNetwork(text: string, { version, first }: Subnet): boolean {
  const address = parseIp(textBefore(text, '/'));
  return address.version === version && address.value === first;
}

function cidr(text: string): Subnet | undefined {
  try {
    return parseSubnet(text);
  } catch {
    return undefined;
  }
}

function rangeProblems(text: string, subnet: Subnet): string[] {
  const range = cidr(text);
  const what = `invalid ip-range ${text}`;
  if (range === undefined) return [`${what}: invalid CIDR block notation`];
  const parent = formatSubnet(subnet);
  if (range.version === subnet.version && range.prefixLength < subnet.prefixLength)
    return [`${what}: CIDR block is bigger than its parent subnet ${parent}`];
  if (!contains(subnet, { version: range.version, value: range.first }))
    return [`${what}: parent subnet ${parent} doesn't contain ip-range`];
  return isSameNetwork(text, range) ? [] : [`${what}: it should be ${formatSubnet(range)}`];
}

function addressProblems(what: string, address: string, subnet: Subnet): string[] {
  if (!isIpOf(4, address) && !isIpOf(6, address)) return [`invalid ${what}: invalid address`];
  if (contains(subnet, parseIp(address))) return [];
  return [`invalid ${what}: parent subnet ${formatSubnet(subnet)} doesn't contain this address`];
}

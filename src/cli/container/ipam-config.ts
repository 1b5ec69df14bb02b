import { BlockList, isIP } from 'node:net';
import type { IpamConfig } from '../../api/types.ts';

export type IpamFlags = {
  subnet: string[];
  'ip-range': string[];
  gateway: string[];
  'aux-address': Record<string, string>;
};

/**
 * The subnets of a new network, each with the range, the gateway and the addresses that lie in it.
 * @throws Error with Docker's wording
 */
export function ipamConfig(flags: IpamFlags): IpamConfig[] {
  const { subnet: subnets, 'ip-range': ranges, gateway: gateways, 'aux-address': addresses } = flags;
  if (subnets.length < ranges.length || subnets.length < gateways.length)
    throw new Error('every ip-range or gateway must have a corresponding subnet');
  const configs = new Map<string, IpamConfig>();
  for (const subnet of subnets) addSubnet(configs, subnet);
  for (const range of ranges) {
    const config = find(configs, range, `no matching subnet for range ${range}`);
    refuseSecond(config.IPRange, range, `on the same subnet (${config.Subnet})`, 'ranges');
    config.IPRange = range;
  }
  for (const gateway of gateways) {
    const config = find(configs, gateway, `no matching subnet for gateway ${gateway}`);
    refuseSecond(config.Gateway, gateway, `for the same subnet (${config.Subnet})`, 'gateways');
    config.Gateway = gateway;
  }
  for (const [name, address] of Object.entries(addresses)) {
    const config = find(configs, address, `no matching subnet for aux-address ${address}`);
    config.AuxiliaryAddresses = { ...config.AuxiliaryAddresses, [name]: address };
  }
  return [...configs.values()];
}

function addSubnet(configs: Map<string, IpamConfig>, subnet: string): void {
  for (const other of configs.keys())
    if (contains(other, subnet) || contains(subnet, other))
      throw new Error('multiple overlapping subnet configuration is not supported');
  configs.set(subnet, { Subnet: subnet });
}

function find(configs: ReadonlyMap<string, IpamConfig>, address: string, failure: string): IpamConfig {
  for (const [subnet, config] of configs) if (contains(subnet, address)) return config;
  throw new Error(failure);
}

function refuseSecond(first: string | undefined, second: string, where: string, what: string): void {
  if (first !== undefined)
    throw new Error(`cannot configure multiple ${what} (${second}, ${first}) ${where}`);
}

/** @param other an address, or a subnet, of which the first address counts. @throws Error for what is none */
function contains(subnet: string, other: string): boolean {
  const [address = '', prefix = ''] = subnet.split('/');
  const family = familyOf(address);
  if (!/^\d+$/.test(prefix) || Number(prefix) > (family === 'ipv4' ? 32 : 128))
    throw new Error(`invalid CIDR address: ${subnet}`);
  const [wanted = ''] = other.split('/');
  const list = new BlockList();
  list.addSubnet(address, Number(prefix), family);
  return list.check(wanted, familyOf(wanted));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  const version = isIP(address);
  if (version === 0) throw new Error(`invalid CIDR address: ${address}`);
  return version === 4 ? 'ipv4' : 'ipv6';
}

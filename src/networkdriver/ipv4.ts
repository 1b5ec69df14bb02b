import ipaddr from 'ipaddr.js';
import { EngineError } from '../base/errors.ts';

/** A network of addresses as numbers: `first` is the network's own address, `last` its broadcast address. */
export type Subnet = { first: number; last: number; prefixLength: number };

/** @throws EngineError invalid-parameter */
export function parseIpv4(text: string): number {
  if (!ipaddr.IPv4.isValidFourPartDecimal(text))
    throw new EngineError('invalid-parameter', `invalid IPv4 address: ${text}`);
  return Buffer.from(ipaddr.IPv4.parse(text).toByteArray()).readUInt32BE(0);
}

export function formatIpv4(address: number): string {
  return [24, 16, 8, 0].map(shift => (address >>> shift) & 0xff).join('.');
}

/**
 * The subnet that `a.b.c.d/n` lies in; bits beyond the prefix do not matter.
 * @throws EngineError invalid-parameter
 */
export function parseSubnet(text: string): Subnet {
  const [address = '', prefix = ''] = text.split('/');
  const prefixLength = Number(prefix);
  if (!/^\d{1,2}$/.test(prefix) || prefixLength > 32)
    throw new EngineError('invalid-parameter', `invalid CIDR address: ${text}`);
  return subnetOf(parseIpv4(address), prefixLength);
}

export function subnetOf(address: number, prefixLength: number): Subnet {
  const size = 2 ** (32 - prefixLength);
  const first = Math.floor(address / size) * size;
  return { first, last: first + size - 1, prefixLength };
}

export function formatSubnet({ first, prefixLength }: Subnet): string {
  return `${formatIpv4(first)}/${prefixLength}`;
}

export function contains(subnet: Subnet, address: number): boolean {
  return address >= subnet.first && address <= subnet.last;
}

export function overlaps(one: Subnet, other: Subnet): boolean {
  return one.first <= other.last && other.first <= one.last;
}

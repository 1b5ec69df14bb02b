import ipaddr from 'ipaddr.js';
import { EngineError } from '../../base/errors.ts';

export type IpVersion = 4 | 6;

export type IpAddress = { version: IpVersion; value: bigint };

/** A network of addresses: `first` is its own, `last`, in IPv4, its broadcast address. */
export type Subnet = { version: IpVersion; first: bigint; last: bigint; prefixLength: number };

const BITS = { 4: 32, 6: 128 } as const;

/** @throws EngineError invalid-parameter; IPv6 addresses with a zone are none */
export function parseIp(text: string): IpAddress {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return fromBytes(ipaddr.IPv4.parse(text).toByteArray());
  if (ipaddr.IPv6.isValid(text) && !text.includes('%'))
    return fromBytes(ipaddr.IPv6.parse(text).toByteArray());
  throw new EngineError('invalid-parameter', `invalid IP address: ${text}`);
}

export function isIpOf(version: IpVersion, text: string): boolean {
  return version === 4
    ? ipaddr.IPv4.isValidFourPartDecimal(text)
    : ipaddr.IPv6.isValid(text) && !text.includes('%');
}

/** The IP version of a text that is known to be an address. */
export function versionOf(address: string): IpVersion {
  return address.includes(':') ? 6 : 4;
}

/** RFC 3927, RFC 4291. @throws for what is no address */
export function isLinkLocal(address: string): boolean {
  return ipaddr.parse(address).range() === 'linkLocal';
}

/** In the form of RFC 5952. */
export function formatIp(address: IpAddress): string {
  const bytes = [...addressBytes(address)];
  return address.version === 4 ? bytes.join('.') : new ipaddr.IPv6(bytes).toRFC5952String();
}

/** In network order: 4 or 16. */
export function addressBytes({ version, value }: IpAddress): Buffer {
  const digits = BITS[version] / 4;
  return Buffer.from(value.toString(16).padStart(digits, '0'), 'hex');
}

/**
 * The subnet that `a.b.c.d/n` lies in; bits beyond the prefix do not matter.
 * @throws EngineError invalid-parameter
 */
export function parseSubnet(text: string): Subnet {
  const [address = '', prefix = '', ...rest] = text.split('/');
  const failure = () => new EngineError('invalid-parameter', `invalid CIDR address: ${text}`);
  if (!/^\d{1,3}$/.test(prefix) || rest.length > 0) throw failure();
  const { version, value } = parseIp(address);
  if (Number(prefix) > BITS[version]) throw failure();
  return subnetOf({ version, value }, Number(prefix));
}

export function subnetOf({ version, value }: IpAddress, prefixLength: number): Subnet {
  const hostBits = BigInt(BITS[version] - prefixLength);
  const first = (value >> hostBits) << hostBits;
  return { version, first, last: first + (1n << hostBits) - 1n, prefixLength };
}

export function formatSubnet({ version, first, prefixLength }: Subnet): string {
  return `${formatIp({ version, value: first })}/${prefixLength}`;
}

export function contains(subnet: Subnet, { version, value }: IpAddress): boolean {
  return version === subnet.version && value >= subnet.first && value <= subnet.last;
}

export function overlaps(one: Subnet, other: Subnet): boolean {
  return one.version === other.version && one.first <= other.last && other.first <= one.last;
}

/** The subnet's own address, which no host has; in networks of two addresses or one (RFC 3021, RFC 6164) all are hosts'. */
export function ownAddress(subnet: Subnet): bigint | undefined {
  return isSmall(subnet) ? undefined : subnet.first;
}

/** IPv4's, which no host has. */
export function broadcastAddress(subnet: Subnet): bigint | undefined {
  return isSmall(subnet) || subnet.version === 6 ? undefined : subnet.last;
}

function isSmall({ first, last }: Subnet): boolean {
  return last - first < 2n;
}

function fromBytes(bytes: number[]): IpAddress {
  return {
    version: bytes.length === 4 ? 4 : 6,
    value: BigInt(`0x${Buffer.from(bytes).toString('hex')}`),
  };
}

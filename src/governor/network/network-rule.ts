import { isIP } from 'node:net';
import { EngineError } from '../../base/errors.ts';

/** Where a container may connect and send to. */
export type NetworkRule = {
  family: 4 | 6;
  /** 4 or 16 bytes, those beyond the prefix zero. */
  address: Buffer;
  prefixLength: number;
  /** 0: every port. */
  port: number;
};

const WANTED = 'want ADDRESS[/PREFIX][:PORT], such as 10.0.0.0/8:443 or [2001:db8::/32]:53';

/** `10.0.0.0/8:443`, `192.0.2.1`, `[2001:db8::/32]:53`. @throws EngineError whose message says what would be right */
export function parseNetworkRule(text: string): NetworkRule {
  const match = /^(?:\[([0-9a-fA-F:.]+)(?:\/(\d{1,3}))?\]|([0-9.]+)(?:\/(\d{1,2}))?)(?::(\d{1,5}))?$/.exec(
    text,
  );
  const address = match?.[1] ?? match?.[3] ?? '';
  const family = isIP(address);
  if (family === 0) throw invalid(WANTED);
  const bits = family === 4 ? 32 : 128;
  const prefixLength = Number(match?.[2] ?? match?.[4] ?? bits);
  const port = Number(match?.[5] ?? 0);
  if (prefixLength > bits || port > 65_535) throw invalid(WANTED);
  return {
    family: family as 4 | 6,
    address: masked(family === 4 ? bytesOfIpv4(address) : bytesOfIpv6(address), prefixLength),
    prefixLength,
    port,
  };
}

function bytesOfIpv4(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number));
}

/** A URL has addresses in their shortest form, without IPv4's notation in them. */
function bytesOfIpv6(address: string): Buffer {
  const url = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [head = '', tail] = url.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':'));
  const [first, last] = [groups(head), groups(tail ?? '')];
  const zeros = Array.from({ length: 8 - first.length - last.length }, () => '0');
  const bytes = Buffer.alloc(16);
  [...first, ...(tail === undefined ? [] : zeros), ...last].forEach((group, index) =>
    bytes.writeUInt16BE(Number.parseInt(group, 16), 2 * index),
  );
  return bytes;
}

function masked(address: Buffer, prefixLength: number): Buffer {
  return Buffer.from(address.map((byte, index) => byte & byteMask(prefixLength - 8 * index)));
}

/** The mask of an address's byte whose first `bits` count. */
export function byteMask(bits: number): number {
  return bits >= 8 ? 0xff : bits <= 0 ? 0 : (0xff << (8 - bits)) & 0xff;
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-parameter', message);
}

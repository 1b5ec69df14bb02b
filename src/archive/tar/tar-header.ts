import { EngineError } from '../../base/errors.ts';

export const BLOCK_BYTES = 512;

/** The archive is malformed. The words after the colon are those that Docker's clients know. */
export function tarError(detail: string): EngineError {
  return new EngineError('invalid-parameter', `archive/tar: ${detail}`);
}

/** One header block as it is (POSIX.1-1988 ustar, with GNU tar's and star's number encodings). */
export type TarHeader = {
  name: string;
  mode: number;
  uid: number;
  gid: number;
  size: number;
  mtimeSeconds: bigint;
  typeFlag: string;
  linkName: string;
  userName: string;
  groupName: string;
  major: number;
  minor: number;
  /** Whether GNU tar's fields follow instead of ustar's prefix. */
  gnu: boolean;
};

/**
 * Decodes a header block; undefined for a block of zeros.
 * @throws EngineError invalid-parameter when the checksum or a number is wrong
 */
export function decodeHeader(block: Buffer): TarHeader | undefined {
  if (block[0] === 0 && block.every(byte => byte === 0)) return undefined;
  verifyChecksum(block);
  const magic = text(block, 257, 8);
  const ustar = magic.startsWith('ustar');
  const gnu = block.toString('latin1', 257, 265) === 'ustar  \0';
  const prefix = ustar && !gnu ? text(block, 345, 155) : '';
  const name = text(block, 0, 100);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    mode: Number(number(block, 100, 8)) & 0o7777,
    uid: toSafe(number(block, 108, 8)),
    gid: toSafe(number(block, 116, 8)),
    size: toSafe(number(block, 124, 12)),
    mtimeSeconds: int64(number(block, 136, 12)),
    typeFlag: String.fromCharCode(block[156] ?? 0),
    linkName: text(block, 157, 100),
    userName: ustar ? text(block, 265, 32) : '',
    groupName: ustar ? text(block, 297, 32) : '',
    major: ustar ? toSafe(number(block, 329, 8)) : 0,
    minor: ustar ? toSafe(number(block, 337, 8)) : 0,
    gnu,
  };
}

function verifyChecksum(block: Buffer): void {
  const expected = number(block, 148, 8);
  let unsigned = 8 * 32;
  let signed = 8 * 32;
  for (let index = 0; index < BLOCK_BYTES; index++) {
    if (index >= 148 && index < 156) continue;
    const byte = block[index] as number;
    unsigned += byte;
    // Some old tars added up signed characters.
    signed += byte > 127 ? byte - 256 : byte;
  }
  if (expected !== BigInt(unsigned) && expected !== BigInt(signed)) throw tarError('invalid tar header');
}

function text(block: Buffer, offset: number, length: number): string {
  let end = offset;
  while (end < offset + length && block[end] !== 0) end++;
  return block.toString('latin1', offset, end);
}

/** Octal digits between spaces and NULs, or, with the highest bit set, big-endian two's complement. */
export function number(block: Buffer, offset: number, length: number): bigint {
  const first = block[offset] as number;
  if ((first & 0x80) !== 0) return base256(block, offset, length);
  let value = 0;
  let digits = 0;
  for (let index = offset; index < offset + length; index++) {
    const byte = block[index] as number;
    if (byte === 0 || byte === 0x20) {
      if (digits > 0) break;
    } else if (byte >= 0x30 && byte <= 0x37) {
      value = value * 8 + (byte - 0x30);
      digits++;
    } else throw tarError('invalid tar header');
  }
  return BigInt(value);
}

function base256(block: Buffer, offset: number, length: number): bigint {
  const negative = ((block[offset] as number) & 0x40) !== 0;
  let value = BigInt((block[offset] as number) & 0x7f);
  for (let index = offset + 1; index < offset + length; index++) {
    value = (value << 8n) | BigInt(block[index] as number);
  }
  return negative ? value - (1n << BigInt(8 * length - 1)) : value;
}

function int64(value: bigint): bigint {
  if (BigInt.asIntN(64, value) !== value) throw tarError('invalid tar header');
  return value;
}

export function toSafe(value: bigint): number {
  if (value < 0n || value > BigInt(Number.MAX_SAFE_INTEGER)) throw tarError('invalid tar header');
  return Number(value);
}

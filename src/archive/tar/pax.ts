import { tarError } from './tar-header.ts';

/** One record of a PAX extended header. Keys are latin1; values are bytes and may hold anything. */
export type PaxRecord = { key: string; value: Buffer };

const NS_PER_SECOND = 1_000_000_000n;

/**
 * Decodes `length key=value\n` records (POSIX.1-2001 pax, "Extended Header"), in their order.
 * @throws EngineError invalid-parameter
 */
export function decodePax(data: Buffer): PaxRecord[] {
  const records: PaxRecord[] = [];
  let position = 0;
  while (position < data.length) {
    const space = data.indexOf(0x20, position);
    const digits = space < 0 ? '' : data.toString('latin1', position, Math.min(space, position + 12));
    const length = /^\d+$/.test(digits) ? Number(digits) : 0;
    const end = position + length;
    const equals = data.indexOf(0x3d, space);
    if (end > data.length || data[end - 1] !== 0x0a || equals < 0 || equals >= end || space + 1 >= end)
      throw tarError('invalid tar header');
    records.push({
      key: data.toString('latin1', space + 1, equals),
      value: Buffer.from(data.subarray(equals + 1, end - 1)),
    });
    position = end;
  }
  return records;
}

/** The inverse of {@link decodePax}. */
export function encodePax(records: readonly PaxRecord[]): Buffer {
  return Buffer.concat(
    records.flatMap(({ key, value }) => {
      const rest = key.length + value.length + 3;
      let length = rest + String(rest).length;
      // The length counts its own digits.
      if (rest + String(length).length !== length) length = rest + String(length).length;
      return [Buffer.from(`${length} ${key}=`, 'latin1'), value, Buffer.from('\n')];
    }),
  );
}

/**
 * Decodes a time: seconds since the epoch with an optional fraction, maybe negative.
 * @throws EngineError invalid-parameter
 */
export function decodePaxTime(text: string): bigint {
  const match = /^(-?)(\d{1,18})(?:\.(\d*))?$/.exec(text);
  if (match === null) throw tarError('invalid tar header');
  const [, sign, seconds = '', fraction = ''] = match;
  const ns = BigInt(seconds) * NS_PER_SECOND + BigInt(fraction.slice(0, 9).padEnd(9, '0'));
  return sign === '-' ? -ns : ns;
}

/** The inverse of {@link decodePaxTime}, with no more digits than needed. */
export function encodePaxTime(ns: bigint): string {
  const magnitude = ns < 0n ? -ns : ns;
  const fraction = String(magnitude % NS_PER_SECOND)
    .padStart(9, '0')
    .replace(/0+$/, '');
  return `${ns < 0n ? '-' : ''}${magnitude / NS_PER_SECOND}${fraction === '' ? '' : `.${fraction}`}`;
}

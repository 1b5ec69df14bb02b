import { type Int64, toInt64 } from '../../base/int64.ts';
import { parseFloat64 } from './go-numbers.ts';
import { lookupTable } from '../../base/lookup-table.ts';

const BINARY_POWERS = lookupTable<number>({ k: 1, m: 2, g: 3, t: 4, p: 5 });
const DECIMAL_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB', 'ZB', 'YB'];
const BINARY_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB', 'ZiB', 'YiB'];

/**
 * `64m`, `1.5 GiB`, `512`: bytes, units always powers of 1024.
 * @throws Error with Docker's wording
 */
export function parseSize(text: string): Int64 {
  const end = text.search(/[^0-9. ][^0-9. ]*$/);
  const digits = end === -1 ? text : text.slice(0, end);
  if (!/[0-9. ]$/.test(digits)) throw new Error(`invalid size: '${text}'`);
  const size = parseFloat64(digits.endsWith(' ') ? digits.slice(0, -1) : digits);
  if (size < 0) throw new Error(`invalid size: '${text}'`);
  const bytes = size * multiplierOf(end === -1 ? '' : text.slice(end).toLowerCase(), text.slice(end));
  // What is too much becomes the smallest integer, as in Go.
  return bytes < 2 ** 63 ? toInt64(BigInt(Math.trunc(bytes))) : -(2n ** 63n);
}

/** Docker's decimal sizes: `4.26MB`, `12.3kB`, `0B`, with `digits` significant digits. */
export function formatSize(bytes: number, digits = 4): string {
  const [value, unit] = scale(bytes, 1000, DECIMAL_UNITS);
  return `${formatSignificant(value, digits)}${unit}`;
}

/** Binary sizes, as `stats` and `info` print them: `7.57MiB`. */
export function formatBinarySize(bytes: number): string {
  const [value, unit] = scale(bytes, 1024, BINARY_UNITS);
  return `${formatSignificant(value, 4)}${unit}`;
}

/** printf's `%.<digits>g`. */
function formatSignificant(value: number, digits: number): string {
  if (value === 0) return '0';
  const [mantissa = '', exponentText = '0'] = value.toExponential(digits - 1).split('e');
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < digits) return stripZeros(value.toFixed(digits - 1 - exponent));
  const sign = exponent < 0 ? '-' : '+';
  return `${stripZeros(mantissa)}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

function stripZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

function scale(bytes: number, base: number, units: string[]): [number, string] {
  let value = bytes;
  let unit = 0;
  while (value >= base && unit < units.length - 1) {
    value /= base;
    unit += 1;
  }
  return [value, units[unit] ?? ''];
}

function multiplierOf(suffix: string, written: string): number {
  if (suffix === '' || suffix === 'b') return 1;
  const power = BINARY_POWERS[suffix[0] ?? ''];
  if (power === undefined || !['', 'b', 'ib'].includes(suffix.slice(1)))
    throw new Error(`invalid suffix: '${written.length > 3 ? written : suffix}'`);
  return 1024 ** power;
}

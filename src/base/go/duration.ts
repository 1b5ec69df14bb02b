import { lookupTable } from '../lookup-table.ts';

/** How long each of Go's units is. */
export const UNITS_NS = lookupTable<number>({
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
});
const PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y;
/** Nothing that is longer means anything else. */
const MAX_LENGTH = 64;
const MAX_NS = 2 ** 63;

/** `1h15m`, `-1.5s`, `0` in nanoseconds (Go's time.ParseDuration); undefined for what is no duration. */
export function parseGoDuration(text: string): bigint | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const [, sign, rest = ''] = /^([+-]?)(.+)$/.exec(text) ?? [];
  if (rest === '0') return 0n;
  let ns = 0;
  PART.lastIndex = 0;
  while (PART.lastIndex < rest.length) {
    const part = PART.exec(rest);
    if (part === null) return undefined;
    ns += Number(part[1]) * (UNITS_NS[part[2] ?? ''] ?? 0);
  }
  if (rest === '' || ns >= MAX_NS) return undefined;
  return BigInt(Math.round(sign === '-' ? -ns : ns));
}

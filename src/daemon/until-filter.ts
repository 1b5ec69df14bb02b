import { nowNs, parseTime } from './clock.ts';
import { invalid } from './errors.ts';
import type { Filters } from './filters.ts';

const UNIT_NS: Record<string, number> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/**
 * The moment of prune's `until` filter, in nanoseconds: a Go duration before now (`24h`), a Unix time, or an
 * RFC 3339 time.
 * @throws EngineError invalid-parameter
 */
export function untilTime(filters: Filters): bigint | undefined {
  const values = filters.get('until') ?? [];
  const [value] = values;
  if (value === undefined) return undefined;
  if (values.length > 1) throw invalid('more than one until filter specified');
  const duration = goDuration(value);
  if (duration !== undefined) return nowNs() - duration;
  if (/^\d+(\.\d+)?$/.test(value)) return BigInt(Math.round(Number(value) * 1e9));
  try {
    return parseTime(/T/.test(value) ? value : `${value}T00:00:00Z`);
  } catch {
    throw invalid(`failed to parse value as time or duration: "${value}"`);
  }
}

function goDuration(text: string): bigint | undefined {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) return undefined;
  const ns = parts.reduce((sum, [, value, unit = 's']) => sum + Number(value) * (UNIT_NS[unit] ?? 0), 0);
  return BigInt(Math.round(ns));
}

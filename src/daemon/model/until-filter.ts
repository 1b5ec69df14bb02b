import { captures } from '../../base/captures.ts';
import { parseGoDuration } from '../../base/go/duration.ts';
import { nowNs } from './clock.ts';
import { invalid } from './errors.ts';
import { type Filters, filterValues } from './filters.ts';

/**
 * The moment of prune's `until` filter, in nanoseconds: a Go duration before now (`24h`), a Unix time, or a date with
 * or without a time, which are the machine's own where they name no zone.
 * @throws EngineError invalid-parameter
 */
export function untilTime(filters: Filters): bigint | undefined {
  const values = filterValues(filters, 'until');
  const [value] = values;
  if (value === undefined) return undefined;
  if (values.length > 1) throw invalid('more than one until filter specified');
  const duration = value === '0' ? undefined : parseGoDuration(value);
  const moment = duration === undefined ? (unixTime(value) ?? dateTime(value)) : nowNs() - duration;
  if (moment === undefined)
    throw invalid(`failed to parse value as time or duration: ${JSON.stringify(value)}`);
  return moment;
}

function unixTime(text: string): bigint | undefined {
  const [, seconds, fraction = ''] = captures(/^(\d{1,12})(?:\.(\d{1,9}))?$/, text);
  if (seconds === undefined) return undefined;
  return BigInt(seconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'));
}

const DATE = /^(\d{4}-\d\d-\d\d)(?:T(\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?)?(Z|[+-]\d\d:\d\d)?$/i;

function dateTime(text: string): bigint | undefined {
  const [, date, hour = '00', minute = '00', second = '00', fraction = '', zone = ''] = captures(DATE, text);
  const ms = Date.parse(`${date}T${hour}:${minute}:${second}${zone}`);
  return Number.isNaN(ms) ? undefined : BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}

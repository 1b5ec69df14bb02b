import { parseDuration } from './duration.ts';

const DATE_TIME =
  /^(\d{4}-\d{2}-\d{2})(?:T(\d{2})(?::(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?)?(Z|[+-]\d{2}:\d{2})?$/;

/**
 * A point in time, as `--since` and `--until` take it: a duration before `nowMs`, RFC 3339 (also shortened, then
 * in local time), or seconds since the epoch. In seconds, with nanoseconds where there are any: `1136073600.5`.
 * @throws Error when it is none of these
 */
export function parseTime(text: string, nowMs: number): string {
  if (/^\d+(\.\d+)?$/.test(text)) return text;
  const match = DATE_TIME.exec(text);
  if (match !== null) return fromParts(match);
  const nanoseconds = BigInt(Math.round(nowMs * 1e6)) - BigInt(parseDuration(text));
  return secondsText(nanoseconds / 1_000_000_000n, nanoseconds % 1_000_000_000n);
}

function fromParts([, date, hours, minutes, seconds, fraction, zone = '']: RegExpExecArray): string {
  const clock = `${hours ?? '00'}:${minutes ?? '00'}:${seconds ?? '00'}`;
  const milliseconds = Date.parse(`${date}T${clock}${zone}`);
  if (Number.isNaN(milliseconds)) throw new Error('invalid time');
  return secondsText(BigInt(milliseconds / 1000), BigInt((fraction ?? '').padEnd(9, '0')));
}

function secondsText(seconds: bigint, nanoseconds: bigint): string {
  return `${seconds}.${String(nanoseconds).padStart(9, '0')}`;
}

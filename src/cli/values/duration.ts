import { UNITS_NS } from '../../base/go/duration.ts';

/**
 * Go's durations: `1h30m`, `1.5s`, `-2m`, `0`; in nanoseconds.
 * @throws Error with Go's wording
 */
export function parseDuration(text: string): number {
  const quoted = JSON.stringify(text);
  const negative = text.startsWith('-');
  let rest = text.replace(/^[+-]/, '');
  if (rest === '0') return 0;
  if (rest === '') throw new Error(`time: invalid duration ${quoted}`);
  let total = 0;
  while (rest !== '') {
    const match = /^(\d+\.?\d*|\.\d+)([^\d.]*)/.exec(rest);
    if (match === null) throw new Error(`time: invalid duration ${quoted}`);
    const [all, number = '', unit = ''] = match;
    if (unit === '') throw new Error(`time: missing unit in duration ${quoted}`);
    const scale = UNITS_NS[unit];
    if (scale === undefined) throw new Error(`time: unknown unit "${unit}" in duration ${quoted}`);
    total += Number(number) * scale;
    rest = rest.slice(all.length);
  }
  return Math.trunc(negative ? -total : total);
}

/** How long ago, as people say it: `About a minute`, `3 hours`, `2 weeks`. */
export function formatHumanDuration(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / 1000);
  if (seconds < 1) return 'Less than a second';
  if (seconds === 1) return '1 second';
  if (seconds < 60) return `${seconds} seconds`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes === 1) return 'About a minute';
  if (minutes < 60) return `${minutes} minutes`;
  return formatHours(Math.trunc(seconds / 3600 + 0.5));
}

function formatHours(hours: number): string {
  if (hours === 1) return 'About an hour';
  if (hours < 48) return `${hours} hours`;
  if (hours < 24 * 7 * 2) return `${Math.trunc(hours / 24)} days`;
  if (hours < 24 * 30 * 2) return `${Math.trunc(hours / 24 / 7)} weeks`;
  if (hours < 24 * 365 * 2) return `${Math.trunc(hours / 24 / 30)} months`;
  return `${Math.trunc(hours / 24 / 365)} years`;
}

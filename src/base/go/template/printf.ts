import { printValue } from './print-value.ts';

const VERB = /%([-+ 0#]*)(\d+)?(?:\.(\d+))?([%a-zA-Z])/g;

/** Go's fmt.Sprintf, for the verbs that make sense on JSON values. */
export function sprintf(format: string, args: readonly unknown[]): string {
  let next = 0;
  const text = format.replace(VERB, (_all, flags: string, width?: string, precision?: string, verb = '') => {
    if (verb === '%') return '%';
    if (next >= args.length) return `%!${verb}(MISSING)`;
    const body = formatVerb(verb, args[next++], precision === undefined ? undefined : Number(precision));
    return pad(body, flags, Number(width ?? 0));
  });
  return next < args.length ? `${text}%!(EXTRA ${args.slice(next).map(extra).join(', ')})` : text;
}

function formatVerb(verb: string, value: unknown, precision: number | undefined): string {
  const number = Number(value);
  switch (verb) {
    case 'v':
      return printValue(value);
    case 's':
      return typeof value === 'number' || typeof value === 'boolean'
        ? mismatch(verb, value)
        : printValue(value).slice(0, precision);
    case 'q':
      return JSON.stringify(printValue(value));
    case 'd':
      return typeof value === 'number' || typeof value === 'bigint' ? String(value) : mismatch(verb, value);
    case 't':
      return typeof value === 'boolean' ? String(value) : mismatch(verb, value);
    case 'f':
      return typeof value === 'number' ? number.toFixed(precision ?? 6) : mismatch(verb, value);
    case 'x':
      return typeof value === 'number' ? number.toString(16) : Buffer.from(printValue(value)).toString('hex');
    case 'o':
      return number.toString(8);
    case 'b':
      return number.toString(2);
    case 'c':
      return String.fromCodePoint(number);
    default:
      return mismatch(verb, value);
  }
}

function pad(text: string, flags: string, width: number): string {
  if (flags.includes('-')) return text.padEnd(width);
  if (flags.includes('0') && /^-?[\d.]+$/.test(text))
    return text.startsWith('-') ? `-${text.slice(1).padStart(width - 1, '0')}` : text.padStart(width, '0');
  return (flags.includes('+') && /^\d/.test(text) ? `+${text}` : text).padStart(width);
}

function mismatch(verb: string, value: unknown): string {
  return `%!${verb}(${extra(value)})`;
}

function extra(value: unknown): string {
  const type = typeof value === 'number' ? (Number.isInteger(value) ? 'int' : 'float64') : goType(value);
  return `${type}=${printValue(value)}`;
}

function goType(value: unknown): string {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  return Array.isArray(value) ? '[]interface {}' : 'map[string]interface {}';
}

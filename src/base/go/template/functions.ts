import { isTrue, printJson, printValue } from './print-value.ts';
import { sprintf } from './printf.ts';

export type TemplateFunction = (...args: unknown[]) => unknown;

/** The functions of Go's text/template, and Docker's own. `and` and `or` are the interpreter's: they cut short. */
export const FUNCTIONS: Readonly<Record<string, TemplateFunction>> = {
  json: printJson,
  split: (text, separator) => String(text).split(String(separator)),
  join: (list, separator) => asArray(list).map(printValue).join(String(separator)),
  title: text =>
    String(text).replace(
      /(^|[^\p{L}\p{N}_'])(\p{L})/gu,
      (_, before, letter) => `${before}${letter.toUpperCase()}`,
    ),
  lower: text => String(text).toLowerCase(),
  upper: text => String(text).toUpperCase(),
  pad: (text, before, after) =>
    String(text) === '' ? '' : `${' '.repeat(Number(before))}${String(text)}${' '.repeat(Number(after))}`,
  truncate: (text, length) => String(text).slice(0, Number(length)),
  not: value => !isTrue(value),
  len: lengthOf,
  index: (value, ...keys) => keys.reduce(element, value),
  slice: sliceOf,
  print: (...values) => printAll(values),
  printf: (format, ...values) => sprintf(String(format), values),
  println: (...values) => `${values.map(printValue).join(' ')}\n`,
  eq: (first, ...others) => others.some(other => equal(first, other)),
  ne: (first, second) => !equal(first, second),
  lt: (first, second) => compare(first, second) < 0,
  le: (first, second) => compare(first, second) <= 0,
  gt: (first, second) => compare(first, second) > 0,
  ge: (first, second) => compare(first, second) >= 0,
  html: (...values) => printAll(values).replace(/[&<>"']/g, character => HTML[character] ?? character),
  js: (...values) => JSON.stringify(printAll(values)).slice(1, -1),
  urlquery: (...values) => encodeURIComponent(printAll(values)).replaceAll('%20', '+'),
};

/** In a table's heading the texts are names already: these leave them as they are. */
export const HEADER_FUNCTIONS: Readonly<Record<string, TemplateFunction>> = {
  ...FUNCTIONS,
  json: value => value,
  title: value => value,
  lower: value => value,
  upper: value => value,
  truncate: value => value,
};

const HTML: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&#34;', "'": '&#39;' };

function asArray(value: unknown): unknown[] {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) throw new Error(`wrong type for value; expected []string; got ${typeof value}`);
  return value;
}

function lengthOf(value: unknown): number {
  // A null in JSON is an empty list or map of Go's.
  if (value === null) return 0;
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (Array.isArray(value)) return value.length;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length;
  throw new Error(`error calling len: len of type ${typeof value}`);
}

function element(value: unknown, key: unknown): unknown {
  if (value === null || value === undefined) throw new Error('error calling index: index of untyped nil');
  if (Array.isArray(value) || typeof value === 'string') {
    const at = Number(key);
    if (!Number.isInteger(at) || at < 0 || at >= value.length)
      throw new Error(`error calling index: index out of range: ${printValue(key)}`);
    return typeof value === 'string' ? value.charCodeAt(at) : value[at];
  }
  if (typeof value !== 'object')
    throw new Error(`error calling index: can't index item of type ${typeof value}`);
  const map = value as Record<string, unknown>;
  // A missing key of a Go map of strings is an empty string.
  return Object.hasOwn(map, String(key)) ? map[String(key)] : '';
}

function sliceOf(value: unknown, start: unknown = 0, end?: unknown): unknown {
  if (typeof value !== 'string' && !Array.isArray(value))
    throw new Error("error calling slice: can't slice item");
  const last = end === undefined ? value.length : Number(end);
  if (Number(start) > last || last > value.length)
    throw new Error(`error calling slice: index out of range: ${last}`);
  return value.slice(Number(start), last);
}

/** Go's Sprint: a space between operands when neither is a string. */
function printAll(values: unknown[]): string {
  return values.reduce<string>((text, value, index) => {
    const spaced = index > 0 && typeof value !== 'string' && typeof values[index - 1] !== 'string';
    return `${text}${spaced ? ' ' : ''}${printValue(value)}`;
  }, '');
}

function equal(first: unknown, second: unknown): boolean {
  if (first !== null && second !== null && first !== undefined && second !== undefined)
    if (typeof first !== typeof second)
      throw new Error('error calling eq: incompatible types for comparison');
  return first === second;
}

function compare(first: unknown, second: unknown): number {
  if (typeof first !== typeof second) throw new Error('error calling lt: incompatible types for comparison');
  if (typeof first === 'string') return first < String(second) ? -1 : first > String(second) ? 1 : 0;
  return Number(first) - Number(second);
}

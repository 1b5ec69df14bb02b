import { EngineError } from '../base/errors.ts';
import type { Filters } from '../api/backend.ts';

/** A boolean as Docker reads it: everything but '', 0, no, false and none is true. */
export function booleanParameter(query: URLSearchParams, name: string, absent = false): boolean {
  const value = query.get(name);
  if (value === null) return absent;
  return !['', '0', 'no', 'false', 'none'].includes(value.trim().toLowerCase());
}

/** Undefined for an absent or empty parameter. */
export function textParameter(query: URLSearchParams, name: string): string | undefined {
  return query.get(name) || undefined;
}

/** A decimal integer; undefined for an absent or empty parameter. @throws EngineError invalid-parameter */
export function integerParameter(query: URLSearchParams, name: string): number | undefined {
  const value = textParameter(query, name);
  if (value === undefined) return undefined;
  if (!/^[+-]?\d+$/.test(value))
    throw invalid(`invalid value for ${name}: parsing "${value}": invalid syntax`);
  const number = Number(value);
  if (!Number.isSafeInteger(number))
    throw invalid(`invalid value for ${name}: parsing "${value}": value out of range`);
  return number;
}

/** `h` and `w` of the resize requests. @throws EngineError invalid-parameter */
export function sizeParameters(query: URLSearchParams): { rows: number; columns: number } {
  return { rows: dimension(query, 'h', 'height'), columns: dimension(query, 'w', 'width') };
}

function dimension(query: URLSearchParams, name: string, meaning: string): number {
  const value = query.get(name) ?? '';
  if (!/^[+-]?\d+$/.test(value)) throw invalid(`invalid resize ${meaning} "${value}": invalid syntax`);
  const number = Number(value);
  if (number < 0 || number > 0xff_ff_ff_ff)
    throw invalid(`invalid resize ${meaning} "${value}": value out of range`);
  return number;
}

/**
 * A time as `seconds[.fraction]` since the epoch, in nanoseconds; undefined for an absent or empty parameter.
 * @throws EngineError invalid-parameter
 */
export function timeParameter(query: URLSearchParams, name: string): bigint | undefined {
  const value = textParameter(query, name);
  if (value === undefined) return undefined;
  const match = /^(-?\d{1,18})(?:\.(\d{0,9})\d*)?$/.exec(value);
  if (match === null) throw invalid(`invalid value for "${name}": parsing "${value}": invalid syntax`);
  return BigInt(match[1] ?? 0) * 1_000_000_000n + BigInt((match[2] ?? '').padEnd(9, '0'));
}

/**
 * The `filters` parameter, in its map form or its older list form.
 * @param accepted the names that mean something here; undefined: every name is taken
 * @throws EngineError invalid-parameter
 */
export function filtersParameter(query: URLSearchParams, accepted?: readonly string[]): Filters {
  const filters = new Map<string, readonly string[]>();
  for (const [name, values] of Object.entries(parseFilters(query.get('filters')))) {
    if (accepted && !accepted.includes(name)) throw invalid(`invalid filter '${name}'`);
    filters.set(name, filterValues(values));
  }
  const count = filters.values().reduce((sum, values) => sum + values.length, 0);
  if (count > MAX_FILTER_VALUES) throw invalid(`invalid filter: more than ${MAX_FILTER_VALUES} values`);
  return filters;
}

/** Everything in a list is held against each of them. */
const MAX_FILTER_VALUES = 10_000;

function parseFilters(text: string | null): Record<string, unknown> {
  if (text === null || text === '') return {};
  try {
    const parsed: unknown = JSON.parse(text);
    if (parsed === null) return {};
    if (typeof parsed === 'object' && !Array.isArray(parsed)) return { ...parsed };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw invalid('invalid filter');
}

/** As Go reads them: null is the zero value, of a list, of a text and of a boolean. */
function filterValues(values: unknown): string[] {
  if (values === null) return [];
  const list = Array.isArray(values)
    ? values.map(value => (value === null ? '' : (value as unknown)))
    : keysOf(values);
  return list.every(value => typeof value === 'string') ? list : failFilter();
}

function keysOf(values: unknown): string[] {
  const isBooleanMap =
    typeof values === 'object' &&
    values !== null &&
    Object.values(values).every(value => typeof value === 'boolean' || value === null);
  return isBooleanMap ? Object.keys(values) : failFilter();
}

function failFilter(): never {
  throw invalid('invalid filter');
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-parameter', message);
}

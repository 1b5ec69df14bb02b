import { invalid } from './errors.ts';

/** Docker's `filters`: lists of accepted values by key. */
export type Filters = ReadonlyMap<string, readonly string[]>;

/** @throws EngineError invalid-parameter for a key that is not in `known` */
export function checkFilters(filters: Filters, known: readonly string[]): void {
  for (const key of filters.keys()) if (!known.includes(key)) throw invalid(`invalid filter '${key}'`);
}

/** Whether there is no filter of that key, or one of its values is equal to one of `candidates`. */
export function matchesExactly(filters: Filters, key: string, ...candidates: string[]): boolean {
  const values = filters.get(key) ?? [];
  return values.length === 0 || values.some(value => candidates.includes(value));
}

/** As {@link matchesExactly}, but each value is a regular expression, found anywhere in `candidate`. */
export function matchesPattern(filters: Filters, key: string, ...candidates: string[]): boolean {
  const values = filters.get(key) ?? [];
  return values.length === 0 || values.some(value => candidates.some(one => found(value, one)));
}

function found(pattern: string, candidate: string): boolean {
  if (pattern === candidate) return true;
  try {
    return new RegExp(pattern).test(candidate);
  } catch {
    return candidate.includes(pattern);
  }
}

/** `label=key` and `label=key=value`: all of them must match. */
export function matchesLabels(
  filters: Filters,
  labels: Readonly<Record<string, string>> | null | undefined,
  key = 'label',
): boolean {
  return (filters.get(key) ?? []).every(wanted => hasLabel(labels ?? {}, wanted));
}

/** `label!=…`: none of them may match. */
export function avoidsLabels(
  filters: Filters,
  labels: Readonly<Record<string, string>> | null | undefined,
): boolean {
  return !(filters.get('label!') ?? []).some(unwanted => hasLabel(labels ?? {}, unwanted));
}

function hasLabel(labels: Readonly<Record<string, string>>, wanted: string): boolean {
  const equals = wanted.indexOf('=');
  if (equals < 0) return wanted in labels;
  return labels[wanted.slice(0, equals)] === wanted.slice(equals + 1);
}

const TRUE = ['1', 't', 'T', 'true', 'TRUE', 'True'];
const FALSE = ['0', 'f', 'F', 'false', 'FALSE', 'False'];

/** @throws EngineError invalid-parameter, in Docker's words */
export function booleanFilter(filters: Filters, key: string, fallback: boolean): boolean {
  const values = filters.get(key) ?? [];
  if (values.length === 0) return fallback;
  if (values.every(value => TRUE.includes(value))) return true;
  if (values.every(value => FALSE.includes(value))) return false;
  throw invalid(`invalid filter '${key}=[${values.join(' ')}]'`);
}

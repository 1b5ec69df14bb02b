import { parseBoolean } from '../../base/go/boolean.ts';
import { compilePattern, type Pattern, patternSize } from '../../base/go/pattern.ts';
import { own } from '../../base/own.ts';
import { TimeSlice } from '../../base/time-slice.ts';
import { invalid } from './errors.ts';

/** Docker's `filters`: lists of accepted values by key. */
export type Filters = ReadonlyMap<string, readonly string[]>;

/** The values of one key; none for a key that is not there. */
export function filterValues(filters: Filters, key: string): readonly string[] {
  return filters.get(key) ?? [];
}

/** @throws EngineError invalid-parameter for a key that is not in `known` */
export function checkFilters(filters: Filters, known: readonly string[]): void {
  for (const key of filters.keys()) if (!known.includes(key)) throw invalid(`invalid filter '${key}'`);
}

/** Whether there is no filter of that key, or one of its values is equal to one of the candidates. */
export function exactFilter(filters: Filters, key: string): (...candidates: string[]) => boolean {
  const values = new Set(filters.get(key));
  return (...candidates) => values.size === 0 || candidates.some(candidate => values.has(candidate));
}

/** Far above what clients send: the length of all patterns together, and their size with repetitions expanded. */
const MAX_PATTERN_LENGTH = 2048;
const MAX_PATTERN_SIZE = 16_384;

/**
 * As {@link exactFilter}, but each value is also a regular expression of Go's, found anywhere in a candidate. One that
 * is malformed matches nothing.
 * @throws EngineError invalid-parameter for expressions beyond all measure
 */
export async function patternFilter(
  filters: Filters,
  key: string,
): Promise<(...candidates: string[]) => boolean> {
  const values = filterValues(filters, key);
  const isExact = exactFilter(filters, key);
  if (values.length === 0) return isExact;
  const special = values.filter(value => patternSize(value) > 0);
  const size = special.reduce((sum, value) => sum + patternSize(value), 0);
  if (special.join('').length > MAX_PATTERN_LENGTH || size > MAX_PATTERN_SIZE)
    throw invalid(`invalid filter '${key}': its patterns are too large`);
  const patterns = await compileAll(values);
  return (...candidates) =>
    isExact(...candidates) || patterns.some(pattern => candidates.some(candidate => pattern(candidate)));
}

async function compileAll(sources: readonly string[]): Promise<Pattern[]> {
  const slice = new TimeSlice();
  const patterns: Pattern[] = [];
  for (const source of sources) {
    const pattern = await compilePattern(source).catch(() => undefined);
    if (pattern !== undefined) patterns.push(pattern);
    if (slice.isOver) await slice.pause();
  }
  return patterns;
}

type Labels = Readonly<Record<string, string>> | null | undefined;

/** `label=key` and `label=key=value`: all of them must match; `label!=…`: none of them may. */
export function labelFilter(filters: Filters): (labels: Labels) => boolean {
  const matches = attributeFilter(filters);
  return labels => matches(key => own(labels, key));
}

/** As {@link labelFilter}, for what has its labels among other things. */
export function attributeFilter(filters: Filters): (get: (key: string) => string | undefined) => boolean {
  const wanted = filterValues(filters, 'label').map(parseLabel);
  const unwanted = filterValues(filters, 'label!').map(parseLabel);
  return get => {
    const has = ({ key, value }: WantedLabel): boolean => {
      const found = get(key);
      return value === undefined ? found !== undefined : found === value;
    };
    return wanted.every(has) && !unwanted.some(has);
  };
}

type WantedLabel = { key: string; value: string | undefined };

function parseLabel(text: string): WantedLabel {
  const equals = text.indexOf('=');
  if (equals < 0) return { key: text, value: undefined };
  return { key: text.slice(0, equals), value: text.slice(equals + 1) };
}

/** @throws EngineError invalid-parameter, in Docker's words */
export function booleanFilter(filters: Filters, key: string, fallback: boolean): boolean {
  const values = filterValues(filters, key);
  if (values.length === 0) return fallback;
  const [first, ...others] = new Set(values.map(parseBoolean));
  if (first !== undefined && others.length === 0) return first;
  throw invalid(`invalid filter '${key}=[${values.join(' ')}]'`);
}

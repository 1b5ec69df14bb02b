import { type Flag, splitPair } from './flag.ts';

/** Filters by key, as the API's `filters` parameter has them. */
export type Filters = Record<string, Record<string, true>>;

export function filterFlag(short: string, usage: string): Flag<Filters> {
  return { short, usage, kind: 'filter', initial: {}, set: addFilter };
}

/** The `filters` query parameter; none when there is nothing to filter. */
export function filtersQuery(filters: Filters): string | undefined {
  return Object.keys(filters).length === 0 ? undefined : JSON.stringify(sorted(filters));
}

function sorted(filters: Filters): Filters {
  return Object.fromEntries(Object.entries(filters).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function addFilter(text: string, before: Filters): Filters {
  if (text === '') return before;
  if (!text.includes('=')) throw new Error('bad format of filter (expected name=value)');
  const [key, value] = splitPair(text);
  const name = key.trim().toLowerCase();
  return { ...before, [name]: { ...before[name], [value.trim()]: true } };
}

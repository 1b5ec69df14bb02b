/** A table for names that come from outside: it does not inherit `valueOf` and the like. */
export function lookupTable<T>(entries: Record<string, T>): Record<string, T> {
  return Object.assign(Object.create(null) as Record<string, T>, entries);
}

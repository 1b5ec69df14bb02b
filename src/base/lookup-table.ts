/** A table to look names up in that come from outside: it has no `valueOf` and the like that nobody has put there. */
export function lookupTable<T>(entries: Record<string, T>): Record<string, T> {
  return Object.assign(Object.create(null) as Record<string, T>, entries);
}

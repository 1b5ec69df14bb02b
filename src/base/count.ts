/** How often each key occurs: 0 for one that does not. */
export function countKeys<Key>(keys: Iterable<Key>): (key: Key) => number {
  const counts = new Map<Key, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return key => counts.get(key) ?? 0;
}

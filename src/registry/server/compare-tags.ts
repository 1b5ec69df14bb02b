/** Lexical order: case counts only between names that are the same without. */
export function compareTags(left: string, right: string): number {
  const [lower, other] = [left.toLowerCase(), right.toLowerCase()];
  if (lower !== other) return lower < other ? -1 : 1;
  return left < right ? -1 : 1;
}

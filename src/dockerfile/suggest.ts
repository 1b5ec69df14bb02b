/** What differs more is something else (as BuildKit decides). */
const MAX_DISTANCE = 2;
/** No option is as long: what is longer is like none. */
const MAX_LENGTH = 64;

/** ` (did you mean RUN?)` where one of the options is much like `value`, else nothing. */
export function suggestion(value: string, options: readonly string[]): string {
  if (value.length > MAX_LENGTH) return '';
  const wanted = value.toLowerCase();
  let best: string | undefined;
  let least = MAX_DISTANCE + 1;
  for (const option of options) {
    const distance = editDistance(wanted, option.toLowerCase());
    if (distance === 0) return '';
    if (distance < least) [best, least] = [option, distance];
  }
  if (best === undefined) return '';
  const shown =
    value === wanted ? best.toLowerCase() : value === value.toUpperCase() ? best.toUpperCase() : best;
  return ` (did you mean ${shown}?)`;
}

/** Levenshtein's. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

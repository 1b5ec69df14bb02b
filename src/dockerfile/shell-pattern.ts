import { invalid } from './dockerfile-error.ts';

/** What is between the stars of a shell pattern; `undefined` is `?`, any one character. */
type Segment = readonly (string | undefined)[];

/** Characters of a value times those of a pattern: at worst, each is compared with each. */
const MAX_COMPARISONS = 1024 * 1024;

/**
 * `value` without the shortest or, greedily, the longest prefix that matches a shell pattern: `*`, `?`, and what is
 * escaped by a backslash. It takes bounded time, as all of these do.
 * @throws EngineError invalid-parameter
 */
export function trimPrefix(pattern: string, value: string, isGreedy: boolean): string {
  const characters = charactersOf(value, pattern);
  const end = matchEnd(characters, segmentsOf(pattern), { start: 0, isGreedy });
  return end < 0 ? value : characters.slice(end).join('');
}

/** As {@link trimPrefix}, from the end: backwards it is a prefix. @throws EngineError invalid-parameter */
export function trimSuffix(pattern: string, value: string, isGreedy: boolean): string {
  return reversed(trimPrefix(reversedPattern(pattern), reversed(value), isGreedy));
}

/** The first match, or all, replaced: each as long as it can be. @throws EngineError invalid-parameter */
export function replaceMatches(
  pattern: string,
  value: string,
  { replacement, isGlobal }: { replacement: string; isGlobal: boolean },
): string {
  const characters = charactersOf(value, pattern);
  const segments = segmentsOf(pattern);
  const [first = []] = segments;
  let result = '';
  let at = 0;
  do {
    const start = find(characters, first, at);
    // What follows a star and is not found is nowhere behind a later start either.
    const end = start < 0 ? -1 : matchEnd(characters, segments, { start, isGreedy: true });
    if (end < 0) break;
    result += characters.slice(at, start).join('') + replacement;
    at = end;
    if (!isGlobal) break;
  } while (at < characters.length);
  return result + characters.slice(at).join('');
}

function charactersOf(value: string, pattern: string): string[] {
  if (value.length * pattern.length > MAX_COMPARISONS)
    throw invalid('a pattern is too long for the value of its variable');
  return Array.from(value);
}

function reversed(text: string): string {
  return Array.from(text).reverse().join('');
}

/** What is escaped stays behind its backslash. */
function reversedPattern(pattern: string): string {
  return (pattern.match(/\\.|[^\\]|\\$/gsu) ?? []).reverse().join('');
}

function segmentsOf(pattern: string): Segment[] {
  const characters = Array.from(pattern);
  let segment: (string | undefined)[] = [];
  const segments = [segment];
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at];
    if (character === '*') segments.push((segment = []));
    else if (character === '?') segment.push(undefined);
    else if (character !== '\\') segment.push(character);
    else if (++at < characters.length) segment.push(characters[at]);
    else throw invalid('invalid escape');
  }
  return segments;
}

/** Where the match ends that begins at `start`; -1 where none does. */
function matchEnd(
  value: readonly string[],
  [first = [], ...others]: readonly Segment[],
  { start, isGreedy }: { start: number; isGreedy: boolean },
): number {
  if (!matchesAt(value, first, start)) return -1;
  let end = start + first.length;
  const last = others.pop();
  for (const segment of others) {
    const found = find(value, segment, end);
    if (found < 0) return -1;
    end = found + segment.length;
  }
  if (last === undefined) return end;
  const found = isGreedy ? findLast(value, last, end) : find(value, last, end);
  return found < 0 ? -1 : found + last.length;
}

function find(value: readonly string[], segment: Segment, from: number): number {
  for (let at = from; at + segment.length <= value.length; at++) if (matchesAt(value, segment, at)) return at;
  return -1;
}

function findLast(value: readonly string[], segment: Segment, from: number): number {
  for (let at = value.length - segment.length; at >= from; at--) if (matchesAt(value, segment, at)) return at;
  return -1;
}

function matchesAt(value: readonly string[], segment: Segment, at: number): boolean {
  if (at + segment.length > value.length) return false;
  for (let index = 0; index < segment.length; index++)
    if (segment[index] !== undefined && segment[index] !== value[at + index]) return false;
  return true;
}

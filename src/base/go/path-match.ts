import { EngineError } from '../errors.ts';

/** `*`, or what one character must be. */
type Element = 'star' | ((character: string) => boolean);

/** Limit for a pattern, whose reading takes time in proportion to its length. */
const MAX_LENGTH = 1024;

/**
 * Go's path.Match: `*` and `?` stop at slashes, `[a-c]` and `[^a-c]` are classes (which do not), a backslash takes
 * what follows as it is. The whole text must match. As in Go, the shortest text for an earlier `*` is the only one that
 * is tried: no pattern takes more time than its length times that of the text.
 * @throws EngineError invalid-parameter, in Go's words, for a malformed pattern
 */
export function pathMatcher(pattern: string): (text: string) => boolean {
  if (pattern.length > MAX_LENGTH) throw malformed();
  const elements = elementsOf(Array.from(pattern));
  return text => matches(elements, Array.from(text));
}

function matches(elements: readonly Element[], text: readonly string[]): boolean {
  let [at, next] = [0, 0];
  let star: { at: number; next: number } | undefined;
  while (at < text.length) {
    const element = elements[next];
    if (element === 'star') star = { at, next: ++next };
    else if (element?.(text[at] as string)) [at, next] = [at + 1, next + 1];
    else if (star !== undefined && text[star.at] !== '/') {
      star.at++;
      [at, next] = [star.at, star.next];
    } else return false;
  }
  return elements.slice(next).every(element => element === 'star');
}

function elementsOf(characters: readonly string[]): Element[] {
  const elements: Element[] = [];
  for (let at = 0; at < characters.length; ) {
    const { element, next } = elementAt(characters, at);
    elements.push(element);
    at = next;
  }
  return elements;
}

/** One element of a pattern, and where the next one begins. */
function elementAt(characters: readonly string[], at: number): { element: Element; next: number } {
  switch (characters[at]) {
    case '*':
      return { element: 'star', next: at + 1 };
    case '?':
      return { element: character => character !== '/', next: at + 1 };
    case '[':
      return classAt(characters, at + 1);
    case '\\':
      return { element: literal(existing(characters[at + 1])), next: at + 2 };
    default:
      return { element: literal(existing(characters[at])), next: at + 1 };
  }
}

function literal(wanted: string): Element {
  return character => character === wanted;
}

/** The class whose first character is at `start`. It must not be empty. */
function classAt(characters: readonly string[], start: number): { element: Element; next: number } {
  const isNegated = characters[start] === '^';
  const ranges: [number, number][] = [];
  let at = isNegated ? start + 1 : start;
  while (ranges.length === 0 || characters[at] !== ']') {
    const low = classMember(characters, at);
    const isRange = characters[low.next] === '-';
    const high = isRange ? classMember(characters, low.next + 1) : low;
    at = high.next;
    existing(characters[at]);
    ranges.push([low.value, high.value]);
  }
  const isIn = (code: number) => ranges.some(([low, high]) => low <= code && code <= high);
  return { element: character => isIn(codeOf(character)) !== isNegated, next: at + 1 };
}

function classMember(characters: readonly string[], at: number): { value: number; next: number } {
  const character = existing(characters[at]);
  if (character === '-' || character === ']') throw malformed();
  if (character !== '\\') return { value: codeOf(character), next: at + 1 };
  return { value: codeOf(existing(characters[at + 1])), next: at + 2 };
}

function existing(character: string | undefined): string {
  if (character === undefined) throw malformed();
  return character;
}

function malformed(): Error {
  return new EngineError('invalid-parameter', 'syntax error in pattern');
}

function codeOf(character: string): number {
  return character.codePointAt(0) ?? 0;
}

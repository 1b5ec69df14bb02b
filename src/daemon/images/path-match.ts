import { invalid } from '../errors.ts';

/** One element of a pattern, and where the next one begins. */
type Element = { expression: string; next: number };

/**
 * Go's path.Match: `*` and `?` stop at slashes, `[a-c]` and `[^a-c]` are classes (which do not), a backslash takes
 * what follows as it is. The whole text must match.
 * @throws EngineError invalid-parameter, in Go's words, for a malformed pattern
 */
export function pathMatcher(pattern: string): (text: string) => boolean {
  const characters = Array.from(pattern);
  let expression = '';
  for (let at = 0; at < characters.length; ) {
    const element = elementAt(characters, at);
    expression += element.expression;
    at = element.next;
  }
  const compiled = new RegExp(`^(?:${expression})$`, 'su');
  return text => compiled.test(text);
}

function elementAt(characters: readonly string[], at: number): Element {
  switch (characters[at]) {
    case '*':
      return { expression: '[^/]*', next: at + 1 };
    case '?':
      return { expression: '[^/]', next: at + 1 };
    case '[':
      return classAt(characters, at + 1);
    case '\\':
      return { expression: escaped(existing(characters[at + 1])), next: at + 2 };
    default:
      return { expression: escaped(existing(characters[at])), next: at + 1 };
  }
}

/** The class whose first character is at `start`. It must not be empty. */
function classAt(characters: readonly string[], start: number): Element {
  const isNegated = characters[start] === '^';
  let at = isNegated ? start + 1 : start;
  let ranges = '';
  for (let count = 0; count === 0 || characters[at] !== ']'; count++) {
    const low = classMember(characters, at);
    const isRange = characters[low.next] === '-';
    const high = isRange ? classMember(characters, low.next + 1) : low;
    at = high.next;
    existing(characters[at]);
    // A range the wrong way round holds nothing.
    if (low.value <= high.value) ranges += `${unicode(low.value)}-${unicode(high.value)}`;
  }
  return { expression: `[${isNegated ? '^' : ''}${ranges}]`, next: at + 1 };
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
  return invalid('syntax error in pattern');
}

function codeOf(character: string): number {
  return character.codePointAt(0) ?? 0;
}

function unicode(code: number): string {
  return `\\u{${code.toString(16)}}`;
}

function escaped(character: string): string {
  return unicode(codeOf(character));
}

import { EngineError } from '../errors.ts';
import { exactInteger, parseNumbers } from '../exact-json.ts';
import type { Int64 } from '../int64.ts';

/** Why a text is no JSON, or not of the wanted type, in the words of Go's encoding/json. */
export class JsonError extends EngineError {
  constructor(message: string) {
    super('invalid-parameter', message);
    this.name = 'JsonError';
  }
}

/** A number that is no integer of 64 bits: kept as it was written. */
export class WrittenNumber {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

/**
 * More than the largest request and image that are of any use: one that names every port there is. As many are worked
 * through in a fraction of the time that others may be kept waiting.
 */
const MAX_VALUES = 70_000;
const MAX_DEPTH = 512;
const MAX_DIGITS = 1000;

/**
 * Parses JSON as Go's encoding/json does, with its error texts. Integers come as Int64, other numbers as
 * {@link WrittenNumber}.
 * @throws JsonError also for more values than the limit
 */
export function parseGoJson(text: string): unknown {
  const { hasOddNumbers } = checkShape(text);
  try {
    return hasOddNumbers ? parseNumbers(text, keepNumber) : JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new JsonError(goSyntaxError(error.message, text));
    throw error;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const [DIGIT_0, DIGIT_9] = [0x30, 0x39];
const [OPENING_BRACKET, CLOSING_BRACKET] = [0x5b, 0x5d];
const [OPENING_BRACE, CLOSING_BRACE] = [0x7b, 0x7d];
/** Which also stand in `false` and `true`, but not behind a digit. */
const [POINT, LOWER_E, UPPER_E] = [0x2e, 0x65, 0x45];
/** As many digits are exact whatever they are. */
const EXACT_DIGITS = 15;

/**
 * Looks at every character once, before anything is made of them.
 * @returns whether there may be numbers that are not exact integers in JavaScript
 * @throws JsonError
 */
function checkShape(text: string): { hasOddNumbers: boolean } {
  let [commas, depth, digits] = [0, 0, 0];
  let hasOddNumbers = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= DIGIT_0 && code <= DIGIT_9) {
      if (++digits > EXACT_DIGITS) hasOddNumbers = true;
      if (digits > MAX_DIGITS) throw new JsonError(`a number of more than ${MAX_DIGITS} digits`);
      continue;
    }
    if (digits > 0 && (code === POINT || code === LOWER_E || code === UPPER_E)) hasOddNumbers = true;
    digits = 0;
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === COMMA) commas++;
    else if (code === OPENING_BRACKET || code === OPENING_BRACE) depth++;
    else if (code === CLOSING_BRACKET || code === CLOSING_BRACE) depth--;
    if (depth > MAX_DEPTH) throw new JsonError('exceeded max depth');
    if (commas > MAX_VALUES) throw new JsonError(`more than ${MAX_VALUES} values`);
  }
  return { hasOddNumbers };
}

/** Where the quote stands that ends the string which begins at `start`. */
function endOfString(text: string, start: number): number {
  for (let end = start + 1; ; end++) {
    end = text.indexOf('"', end);
    if (end < 0) return text.length;
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
}

function keepNumber(_value: number, source: string): Int64 | WrittenNumber {
  return exactInteger(source) ?? new WrittenNumber(source);
}

/** What V8 says, and where Go says that the character stands. */
const PLACES: readonly [RegExp, string][] = [
  [/property name/, 'looking for beginning of object key string'],
  [/after property name/, 'after object key'],
  [/after property value/, 'after object key:value pair'],
  [/after array element/, 'after array element'],
  [/control character/, 'in string literal'],
  [/escaped character|escape/i, 'in string escape code'],
  [/number|fraction|exponent/i, 'in numeric literal'],
];

function goSyntaxError(message: string, text: string): string {
  const position = Number(/at position (\d+)/.exec(message)?.[1] ?? Number.NaN);
  if (/after JSON/.test(message)) return 'unexpected content after JSON';
  if (/end of JSON|Unterminated string/.test(message) || position >= text.trimEnd().length)
    return 'unexpected EOF';
  const character = /Unexpected token '(.*?)',/s.exec(message)?.[1] ?? text[position] ?? '?';
  const place =
    PLACES.findLast(([pattern]) => pattern.test(message))?.[1] ?? 'looking for beginning of value';
  return `invalid character ${quote(character)} ${place}`;
}

/** A character as Go's %q has it. */
function quote(character: string): string {
  if (character === "'") return "'\\''";
  return `'${JSON.stringify(character).slice(1, -1).replace('\\"', '"')}'`;
}

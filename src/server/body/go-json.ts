import { EngineError } from '../../base/errors.ts';

/** A number that JavaScript would change, or that is no integer: kept as it was written. */
export class WrittenNumber {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

/**
 * Parses JSON as Go's encoding/json does, with its error texts. Numbers that are not exact integers come as
 * {@link WrittenNumber}.
 * @throws EngineError invalid-parameter
 */
export function parseGoJson(text: string): unknown {
  if (text.trim() === '') throw invalid('invalid JSON: got EOF while reading request body');
  try {
    return (JSON.parse as ParseWithSource)(text, keepNumber);
  } catch (error) {
    if (error instanceof RangeError) throw invalid('invalid JSON: exceeded max depth');
    if (error instanceof SyntaxError) throw invalid(goSyntaxError(error.message, text));
    throw error;
  }
}

/** JSON.parse with source text access (ECMAScript 2026). */
type ParseWithSource = (
  text: string,
  reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
) => unknown;

function keepNumber(_key: string, value: unknown, { source }: { source?: string }): unknown {
  if (typeof value !== 'number' || source === undefined) return value;
  const exact = /^-?\d+$/.test(source) && BigInt(source) === BigInt(value);
  return exact ? value : new WrittenNumber(source);
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
    return 'invalid JSON: unexpected EOF';
  const character = /Unexpected token '(.*?)',/s.exec(message)?.[1] ?? text[position] ?? '?';
  const place =
    PLACES.findLast(([pattern]) => pattern.test(message))?.[1] ?? 'looking for beginning of value';
  return `invalid JSON: invalid character ${quote(character)} ${place}`;
}

/** A character as Go's %q has it. */
function quote(character: string): string {
  if (character === "'") return "'\\''";
  return `'${JSON.stringify(character).slice(1, -1).replace('\\"', '"')}'`;
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-parameter', message);
}

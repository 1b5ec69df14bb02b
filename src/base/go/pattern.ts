import type { RE2JS } from 're2js';

/** Text in which nothing is special in a regular expression, maybe bound to the beginning or the end. */
const LITERAL = /^(\^?)([\w\s/:@,;=~!"#%&'<>`-]*)(\$?)$/;

/** Whether a text holds what the pattern describes, anywhere. Takes time in proportion to the text. */
export type Pattern = (text: string) => boolean;

/**
 * A regular expression in Go's syntax (RE2), which knows no backtracking. The library that reads it is loaded when the
 * first one is compiled.
 * @throws SyntaxError in Go's words
 */
export async function compilePattern(source: string): Promise<Pattern> {
  const literal = LITERAL.exec(source);
  if (literal !== null) return literalPattern(literal);
  // Importing takes its time also when it was done before.
  library ??= (await import('re2js')).RE2JS;
  const compiled = compile(library, source);
  return text => compiled.test(text);
}

let library: typeof RE2JS | undefined;

function literalPattern([, start, text = '', end]: RegExpExecArray): Pattern {
  if (start && end) return whole => whole === text;
  if (start) return whole => whole.startsWith(text);
  return end ? whole => whole.endsWith(text) : whole => whole.includes(text);
}

/** Lists are filtered again and again by the same few. */
const recent = new Map<string, RE2JS>();
const MAX_RECENT = 32;
const MAX_RECENT_SIZE = 256;

function compile(library: typeof RE2JS, source: string): RE2JS {
  const known = recent.get(source);
  if (known !== undefined) return known;
  const compiled = compileAnew(library, source);
  if (patternSize(source) > MAX_RECENT_SIZE) return compiled;
  const [oldest] = recent.keys();
  if (recent.size === MAX_RECENT && oldest !== undefined) recent.delete(oldest);
  recent.set(source, compiled);
  return compiled;
}

function compileAnew(library: typeof RE2JS, source: string): RE2JS {
  try {
    return library.compile(source);
  } catch (error) {
    throw new SyntaxError((error as Error).message, { cause: error });
  }
}

/**
 * About how large a pattern is once its repetitions are written out, which decides about the time and the memory that
 * it takes to compile.
 */
export function patternSize(source: string): number {
  if (LITERAL.test(source)) return 0;
  const counts = source.matchAll(/\{(\d{1,6})(?:,(\d{0,6}))?\}/g);
  const repetitions = counts.reduce(
    (sum, [, least, most]) => sum + Math.max(Number(least), Number(most ?? 0)),
    0,
  );
  return source.length * (1 + repetitions);
}

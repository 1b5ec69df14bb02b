import { RE2JS } from 're2js';
import { invalid } from './dockerfile-error.ts';

/** The value of a variable; undefined where it is not set. */
export type Variables = { get(name: string): string | undefined };

export type LexerOptions = {
  /** Default `\`. */
  escape?: string;
  /** Quotes are kept. */
  rawQuotes?: boolean;
  /** Escaping characters are kept. */
  rawEscapes?: boolean;
  /** `$NAME` stays as it is where it is not set. */
  skipUnset?: boolean;
};

/** How deep `${a:-${b:-…}}` may go. */
const MAX_DEPTH = 100;
/** Limit of a value after replacing variables: a few lines like `ENV A=$B$B` could make gigabytes. */
const MAX_LENGTH = 1024 * 1024;
const SPECIAL_PARAMETERS = '@*#?-$!0';

/** One text with its variables replaced, quotes and escaping characters taken away (Dockerfile reference). */
export function expandWord(text: string, variables: Variables, options: LexerOptions = {}): string {
  return new ShellLexer(text, variables, options).run().text;
}

/** As {@link expandWord}, split at white space outside of quotes; values are split, too. */
export function expandWords(text: string, variables: Variables, options: LexerOptions = {}): string[] {
  return new ShellLexer(text, variables, options).run().words;
}

/** Collects words; what quotes and variables give is in a word whatever it holds. */
class WordList {
  readonly words: string[] = [];
  #word = '';
  #isIn = false;

  add(character: string): void {
    if (!isSpace(character)) this.addRaw(character);
    else this.#end();
  }

  addRaw(text: string): void {
    this.#word += text;
    this.#isIn = true;
  }

  /** What a variable has: at its white space words end. */
  addValue(text: string): void {
    for (const character of text) this.add(character);
  }

  finish(): string[] {
    this.#end();
    return this.words;
  }

  #end(): void {
    if (this.#isIn) this.words.push(this.#word);
    this.#word = '';
    this.#isIn = false;
  }
}

class ShellLexer {
  readonly #characters: string[];
  readonly #variables: Variables;
  readonly #options: LexerOptions;
  readonly #escape: string;
  #at = 0;
  #depth = 0;
  #length = 0;

  constructor(text: string, variables: Variables, options: LexerOptions) {
    this.#characters = Array.from(text);
    this.#variables = variables;
    this.#options = options;
    this.#escape = options.escape ?? '\\';
  }

  run(): { text: string; words: string[] } {
    return this.#until(undefined, this.#options.rawEscapes ?? false);
  }

  get #next(): string | undefined {
    return this.#characters[this.#at];
  }

  /** Up to a stopping character, which is taken, or the end. */
  #until(stop: string | undefined, rawEscapes: boolean): { text: string; words: string[] } {
    const words = new WordList();
    let text = '';
    for (let character = this.#next; character !== undefined; character = this.#next) {
      if (character === stop) {
        this.#at++;
        return { text, words: words.finish() };
      }
      if (character === "'" || character === '"') {
        const quoted = character === "'" ? this.#singleQuoted() : this.#doubleQuoted(rawEscapes);
        text += quoted;
        words.addRaw(quoted);
      } else if (character === '$') {
        const value = this.#dollar();
        text += value;
        words.addValue(value);
      } else {
        this.#at++;
        if (character === this.#escape) {
          const escaped = this.#next;
          if (rawEscapes) text += character;
          if (rawEscapes) words.addRaw(character);
          if (escaped === undefined) break;
          this.#at++;
          text += escaped;
          words.addRaw(escaped);
        } else {
          text += character;
          words.add(character);
        }
      }
    }
    if (stop !== undefined) throw invalid(`unexpected end of statement while looking for matching ${stop}`);
    return { text, words: words.finish() };
  }

  #singleQuoted(): string {
    const quote = this.#options.rawQuotes ? "'" : '';
    const end = this.#characters.indexOf("'", this.#at + 1);
    if (end < 0) throw invalid('unexpected end of statement while looking for matching single-quote');
    const text = this.#characters.slice(this.#at + 1, end).join('');
    this.#at = end + 1;
    return quote + text + quote;
  }

  #doubleQuoted(rawEscapes: boolean): string {
    const quote = this.#options.rawQuotes ? '"' : '';
    this.#at++;
    let text = quote;
    for (let character = this.#next; character !== undefined; character = this.#next) {
      if (character === '"') {
        this.#at++;
        return text + quote;
      }
      if (character === '$') {
        text += this.#dollar();
        continue;
      }
      this.#at++;
      text += character === this.#escape ? this.#escapedInQuotes(rawEscapes) : character;
    }
    throw invalid('unexpected end of statement while looking for matching double-quote');
  }

  /** Within double quotes an escape is special before a few characters only. */
  #escapedInQuotes(rawEscapes: boolean): string {
    const escaped = this.#next;
    if (escaped === undefined)
      throw invalid('unexpected end of statement while looking for matching double-quote');
    this.#at++;
    const isSpecial = escaped === '"' || escaped === '$' || escaped === this.#escape;
    return isSpecial && !rawEscapes ? escaped : this.#escape + escaped;
  }

  #dollar(): string {
    this.#at++;
    const value = this.#next === '{' ? this.#braced() : this.#plain();
    this.#length += value.length;
    if (this.#length > MAX_LENGTH) throw invalid(`variables expand to more than ${MAX_LENGTH} characters`);
    return value;
  }

  #plain(): string {
    const name = this.#name();
    if (name === '') return '$';
    const value = this.#variables.get(name);
    return value ?? (this.#options.skipUnset ? `$${name}` : '');
  }

  #braced(): string {
    if (++this.#depth > MAX_DEPTH) throw invalid('variables are nested too deeply');
    this.#at++;
    const first = this.#next;
    if (first === undefined) throw invalid("syntax error: missing '}'");
    if ('{}:'.includes(first)) throw invalid('syntax error: bad substitution');
    const name = this.#name();
    const value = this.#modified(name, this.#take());
    this.#depth--;
    return value;
  }

  #modified(name: string, modifier: string | undefined): string {
    const value = this.#variables.get(name);
    switch (modifier) {
      case '}':
        return value ?? (this.#options.skipUnset ? `\${${name}}` : '');
      case ':':
        return this.#conditional(name, value || undefined, { modifier: this.#take(), colon: true });
      case '+':
      case '-':
      case '?':
        return this.#conditional(name, value, { modifier, colon: false });
      case '#':
      case '%':
        return this.#trimmed(name, value, modifier);
      case '/':
        return this.#replaced(name, value);
      case undefined:
        throw invalid("syntax error: missing '}'");
      default:
        throw invalid(`unsupported modifier (${modifier}) in substitution`);
    }
  }

  #conditional(
    name: string,
    value: string | undefined,
    { modifier, colon }: { modifier: string | undefined; colon: boolean },
  ): string {
    if (modifier === undefined) throw invalid("syntax error: missing '}'");
    if (!'+-?'.includes(modifier))
      throw invalid(`unsupported modifier (${colon ? ':' : ''}${modifier}) in substitution`);
    const word = this.#word('}');
    if (modifier === '+') return value === undefined ? '' : word;
    if (value !== undefined) return value;
    if (modifier === '-') return word;
    const isEmpty = this.#variables.get(name) !== undefined;
    throw invalid(`${name}: ${word || `is not allowed to be ${isEmpty ? 'empty' : 'unset'}`}`);
  }

  #trimmed(name: string, value: string | undefined, modifier: '#' | '%'): string {
    let pattern = this.#word('}', true);
    const isGreedy = pattern.startsWith(modifier);
    if (isGreedy) pattern = pattern.slice(1);
    if (value === undefined) return this.#options.skipUnset ? `\${${name}}` : '';
    return modifier === '#' ? trimPrefix(pattern, value, isGreedy) : trimSuffix(pattern, value, isGreedy);
  }

  #replaced(name: string, value: string | undefined): string {
    const isGlobal = this.#next === '/';
    if (isGlobal) this.#at++;
    const pattern = this.#word('/', true, "syntax error: missing '/' in ${");
    const replacement = this.#word('}', true);
    if (value === undefined) return this.#options.skipUnset ? `\${${name}}` : '';
    if (pattern === '') return value;
    const compiled = RE2JS.compile(patternSource(pattern, true), RE2JS.DOTALL);
    const matcher = compiled.matcher(value);
    const literal = replacement.replace(/[\\$]/g, '\\$&');
    return isGlobal ? matcher.replaceAll(literal) : matcher.replaceFirst(literal);
  }

  #word(stop: string, rawEscapes = false, missing = "syntax error: missing '}'"): string {
    try {
      return this.#until(stop, rawEscapes).text;
    } catch (error) {
      throw this.#next === undefined ? invalid(missing) : error;
    }
  }

  #take(): string | undefined {
    return this.#characters[this.#at++];
  }

  /** Digits, a special parameter, or letters, digits and underscores. */
  #name(): string {
    const first = this.#next ?? '';
    if (/^\d/.test(first)) return this.#while(/^\d$/);
    if (first !== '' && SPECIAL_PARAMETERS.includes(first)) return this.#take() ?? '';
    return this.#while(/^[\p{L}\p{Nd}_]$/u);
  }

  #while(kind: RegExp): string {
    const start = this.#at;
    while (this.#next !== undefined && kind.test(this.#next)) this.#at++;
    return this.#characters.slice(start, this.#at).join('');
  }
}

function isSpace(character: string): boolean {
  return /^\s$/u.test(character);
}

/** A shell pattern as a regular expression that knows no backtracking: `*`, `?`, and what is escaped. */
function patternSource(pattern: string, isGreedy: boolean): string {
  const characters = Array.from(pattern);
  let source = '';
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] as string;
    if (character === '*') source += isGreedy ? '.*' : '.*?';
    else if (character === '?') source += '.';
    else if (character === '\\') {
      const escaped = characters[++at];
      if (escaped === undefined) throw invalid('invalid escape');
      source += RE2JS.quote(escaped);
    } else source += RE2JS.quote(character);
  }
  return source;
}

function trimPrefix(pattern: string, value: string, isGreedy: boolean): string {
  const matcher = RE2JS.compile(`^(?:${patternSource(pattern, isGreedy)})`, RE2JS.DOTALL).matcher(value);
  return matcher.find() ? value.slice(matcher.end()) : value;
}

/** Backwards it is a prefix. */
function trimSuffix(pattern: string, value: string, isGreedy: boolean): string {
  return reversed(trimPrefix(reversedPattern(pattern), reversed(value), isGreedy));
}

function reversed(text: string): string {
  return Array.from(text).reverse().join('');
}

/** What is escaped stays behind its backslash. */
function reversedPattern(pattern: string): string {
  return (pattern.match(/\\.|[^\\]|\\$/gsu) ?? []).reverse().join('');
}

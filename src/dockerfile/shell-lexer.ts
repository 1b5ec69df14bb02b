import { invalid } from './dockerfile-error.ts';
import { replaceMatches, trimPrefix, trimSuffix } from './shell-pattern.ts';

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
/**
 * Limit of what variables are replaced by, which a few lines like `ENV A=$B$B` could make gigabytes of: no program can be
 * executed with a longer variable or argument (MAX_ARG_STRLEN, execve(2)).
 */
const MAX_LENGTH = 128 * 1024;
const SPECIAL_PARAMETERS = '@*#?-$!';
const DIGITS = /\d+/y;
const NAME = /[\p{L}\p{Nd}_]+/uy;

/** One text with its variables replaced, quotes and escaping characters taken away (Dockerfile reference). */
export function expandWord(text: string, variables: Variables, options: LexerOptions = {}): string {
  return new ShellLexer(text, variables, options).run();
}

/** As {@link expandWord}, split at white space outside of quotes; values are split, too. */
export function expandWords(text: string, variables: Variables, options: LexerOptions = {}): string[] {
  const words = new WordList();
  new ShellLexer(text, variables, options).run(words);
  return words.finish();
}

/** Collects words; what quotes give is in a word whatever it holds. */
class WordList {
  readonly #words: string[] = [];
  #word = '';
  #isIn = false;

  /** At its white space words end. */
  add(text: string): void {
    for (const [part] of text.matchAll(/\s+|\S+/gu)) {
      if (/^\s/u.test(part)) this.#end();
      else this.addRaw(part);
    }
  }

  addRaw(text: string): void {
    this.#word += text;
    this.#isIn = true;
  }

  finish(): string[] {
    this.#end();
    return this.#words;
  }

  #end(): void {
    if (this.#isIn) this.#words.push(this.#word);
    this.#word = '';
    this.#isIn = false;
  }
}

class ShellLexer {
  readonly #text: string;
  readonly #variables: Variables;
  readonly #options: LexerOptions;
  readonly #escape: string;
  #at = 0;
  #depth = 0;
  #length = 0;

  constructor(text: string, variables: Variables, options: LexerOptions) {
    this.#text = text;
    this.#variables = variables;
    this.#options = options;
    this.#escape = options.escape ?? '\\';
  }

  run(words?: WordList): string {
    return this.#until('', { rawEscapes: this.#options.rawEscapes ?? false, words });
  }

  get #next(): string | undefined {
    const code = this.#text.codePointAt(this.#at);
    return code === undefined ? undefined : String.fromCodePoint(code);
  }

  #take(): string | undefined {
    const taken = this.#next;
    this.#at += taken?.length ?? 0;
    return taken;
  }

  /** What a sticky expression matches here; '' for nothing. */
  #match(expression: RegExp): string {
    expression.lastIndex = this.#at;
    const [match = ''] = expression.exec(this.#text) ?? [];
    this.#at += match.length;
    return match;
  }

  /** Up to a stopping character, which is taken, or, where that is '', to the end. */
  #until(stop: string, { rawEscapes, words }: { rawEscapes: boolean; words?: WordList | undefined }): string {
    const plain = upTo(`'"$${this.#escape}${stop}`);
    let text = '';
    for (let character = this.#next; character !== undefined; character = this.#next) {
      if (character === stop) {
        this.#at++;
        return text;
      }
      if (character === "'" || character === '"') {
        const quoted = character === "'" ? this.#singleQuoted() : this.#doubleQuoted(rawEscapes);
        text += quoted;
        words?.addRaw(quoted);
      } else if (character === '$') {
        const value = this.#dollar();
        text += value;
        words?.add(value);
      } else if (character === this.#escape) {
        const escaped = this.#escaped(rawEscapes);
        text += escaped;
        if (escaped !== '') words?.addRaw(escaped);
      } else {
        const run = this.#match(plain);
        text += run;
        words?.add(run);
      }
    }
    if (stop !== '') throw invalid(`unexpected end of statement while looking for matching ${stop}`);
    return text;
  }

  /** A last escaping character escapes nothing. */
  #escaped(rawEscapes: boolean): string {
    const escape = this.#take() ?? '';
    return (rawEscapes ? escape : '') + (this.#take() ?? '');
  }

  #singleQuoted(): string {
    const quote = this.#options.rawQuotes ? "'" : '';
    const end = this.#text.indexOf("'", this.#at + 1);
    if (end < 0) throw invalid('unexpected end of statement while looking for matching single-quote');
    const text = this.#text.slice(this.#at + 1, end);
    this.#at = end + 1;
    return quote + text + quote;
  }

  #doubleQuoted(rawEscapes: boolean): string {
    const quote = this.#options.rawQuotes ? '"' : '';
    const plain = upTo(`"$${this.#escape}`);
    this.#at++;
    let text = quote;
    for (let character = this.#next; character !== undefined; character = this.#next) {
      if (character === '"') {
        this.#at++;
        return text + quote;
      }
      if (character === '$') text += this.#dollar();
      else if (character === this.#escape) text += this.#escapedInQuotes(rawEscapes);
      else text += this.#match(plain);
    }
    throw invalid('unexpected end of statement while looking for matching double-quote');
  }

  /** Within double quotes an escape is special before a few characters only. */
  #escapedInQuotes(rawEscapes: boolean): string {
    this.#take();
    const escaped = this.#take();
    if (escaped === undefined)
      throw invalid('unexpected end of statement while looking for matching double-quote');
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
    return pattern === '' ? value : replaceMatches(pattern, value, { replacement, isGlobal });
  }

  #word(stop: string, rawEscapes = false, missing = "syntax error: missing '}'"): string {
    try {
      return this.#until(stop, { rawEscapes });
    } catch (error) {
      throw this.#next === undefined ? invalid(missing) : error;
    }
  }

  /** Digits, a special parameter, or letters, digits and underscores. */
  #name(): string {
    const first = this.#next ?? '';
    if (first !== '' && SPECIAL_PARAMETERS.includes(first)) return this.#take() ?? '';
    return this.#match(DIGITS) || this.#match(NAME);
  }
}

/** Matches what has none of the characters. */
function upTo(characters: string): RegExp {
  return new RegExp(`[^${characters.replace(/[\]\\^-]/g, '\\$&')}]+`, 'uy');
}

import {
  type DockerfileError,
  DockerfileError as LocatedError,
  type LineRange,
  parseError,
} from './dockerfile-error.ts';
import { type Heredoc, heredocsIn } from './heredoc.ts';

/** An instruction as it is written, its lines joined. */
export type Statement = {
  /** As written: `RUN`, `run`. */
  keyword: string;
  /** `--from=x`, in front of the arguments. */
  flags: string[];
  /** What follows the flags. */
  rest: string;
  /** The whole, joined. */
  original: string;
  heredocs: Heredoc[];
  range: LineRange;
  /** The comment right above. */
  comments: string[];
  /** Whether there are empty lines within it. */
  hasEmptyLine: boolean;
};

export type Directives = {
  escape: '\\' | '`';
  /** `# syntax=`, `# check=`. */
  syntax?: string;
  check?: string;
};

export type Source = { statements: Statement[]; directives: Directives };

const DIRECTIVE = /^#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$/;
const KNOWN_DIRECTIVES = ['escape', 'syntax', 'check'];
/** As BuildKit's scanner allows. */
const MAX_LINE = 65_535;
/** More than real Dockerfiles have; it is read on the main thread. */
export const MAX_DOCKERFILE_BYTES = 1024 * 1024;

/**
 * Splits a Dockerfile into its instructions: directives, comments, escapes at ends of lines, heredocs.
 * @throws DockerfileError
 */
export function readLines(text: string): Source {
  if (text.length > MAX_DOCKERFILE_BYTES)
    throw located(`dockerfile is larger than the ${MAX_DOCKERFILE_BYTES} bytes that it may have`, 1);
  return new LineReader(text).read();
}

class LineReader {
  readonly #lines: string[];
  readonly #statements: Statement[] = [];
  readonly #directives: Directives = { escape: '\\' };
  readonly #seen = new Set<string>();
  #continuation = continuationOf('\\');
  #mayBeDirective = true;
  #at = 0;
  #comments: string[] = [];

  constructor(text: string) {
    const lines = text.replace(/^\uFEFF/, '').split('\n');
    if (lines.at(-1) === '') lines.pop();
    this.#lines = lines;
  }

  read(): Source {
    while (this.#at < this.#lines.length) this.#statement();
    if (this.#statements.length === 0) throw located('file with no instructions', Math.max(this.#at, 1));
    return { statements: this.#statements, directives: this.#directives };
  }

  /** The next line without its end. @throws DockerfileError when it is too long */
  #take(): string {
    const line = (this.#lines[this.#at++] as string).replace(/\r$/, '');
    if (line.length > MAX_LINE)
      throw located(`dockerfile line greater than max allowed size of ${MAX_LINE}`, this.#at);
    return line;
  }

  #statement(): void {
    const first = this.#take().trimStart();
    const start = this.#at;
    this.#directive(first);
    if (first.startsWith('#')) return this.#comment(first);
    let { text, isContinued } = this.#continued(first);
    if (!isContinued && text === '') return;
    let hasEmptyLine = false;
    while (isContinued && this.#at < this.#lines.length) {
      const line = this.#take();
      const content = line.trimStart();
      if (content.startsWith('#')) continue;
      if (content === '') {
        hasEmptyLine = true;
        continue;
      }
      const next = this.#continued(line);
      text += next.text;
      isContinued = next.isContinued;
    }
    this.#add(text, start, hasEmptyLine);
  }

  #add(original: string, start: number, hasEmptyLine: boolean): void {
    const range = { start, end: this.#at };
    const split = splitStatement(original, this.#directives.escape);
    if (split === undefined) {
      this.#comments = [];
      return;
    }
    const heredocs = mayHaveHeredocs(split.keyword, split.rest) ? heredocsIn(original) : [];
    for (const heredoc of heredocs) this.#heredoc(heredoc, start);
    range.end = this.#at;
    this.#statements.push({ ...split, original, heredocs, range, comments: this.#comments, hasEmptyLine });
    this.#comments = [];
  }

  #heredoc(heredoc: Heredoc, start: number): void {
    while (this.#at < this.#lines.length) {
      const line = this.#take();
      if ((heredoc.chomps ? line.replace(/^\t+/, '') : line) === heredoc.name) return;
      heredoc.content += `${line}\n`;
    }
    throw new LocatedError('unterminated heredoc', { start, end: this.#at });
  }

  #comment(line: string): void {
    const comment = line.slice(1).trim();
    if (comment === '') this.#comments = [];
    else this.#comments.push(comment);
  }

  #continued(line: string): { text: string; isContinued: boolean } {
    const match = this.#continuation.exec(line);
    return match === null
      ? { text: line, isContinued: false }
      : { text: line.slice(0, match.index) + (match[1] ?? ''), isContinued: true };
  }

  /** They are in front of everything, each once. */
  #directive(line: string): void {
    if (!this.#mayBeDirective) return;
    const match = DIRECTIVE.exec(line);
    const name = match?.[1]?.toLowerCase() ?? '';
    this.#mayBeDirective = match !== null && KNOWN_DIRECTIVES.includes(name);
    if (!this.#mayBeDirective) return;
    if (this.#seen.has(name)) throw located(`only one ${name} parser directive can be used`, this.#at);
    this.#seen.add(name);
    this.#setDirective(name, match?.[2] ?? '');
  }

  #setDirective(name: string, value: string): void {
    if (name === 'syntax') this.#directives.syntax = value;
    else if (name === 'check') this.#directives.check = value;
    else if (value === '\\' || value === '`') {
      this.#directives.escape = value;
      this.#continuation = continuationOf(value);
    } else throw located(`invalid escape token '${value}' does not match \` or \\`, this.#at);
  }
}

/** An escape that is not itself escaped, and blanks behind it. */
function continuationOf(escape: string): RegExp {
  return new RegExp(`(^|[^\\${escape}])\\${escape}[ \\t]*$`);
}

const HEREDOC_KEYWORDS = /^(?:add|copy|run)$/i;

function mayHaveHeredocs(keyword: string, rest: string): boolean {
  if (!rest.includes('<<')) return false;
  if (/^onbuild$/i.test(keyword)) {
    const inner = splitStatement(rest, '\\');
    return inner !== undefined && mayHaveHeredocs(inner.keyword, inner.rest);
  }
  return HEREDOC_KEYWORDS.test(keyword) && !isJsonList(rest);
}

function isJsonList(text: string): boolean {
  if (!text.startsWith('[')) return false;
  try {
    return Array.isArray(JSON.parse(text));
  } catch {
    return false;
  }
}

/** Keyword, flags and the rest; undefined where there is nothing. */
export function splitStatement(
  original: string,
  escape: string,
): Pick<Statement, 'keyword' | 'flags' | 'rest'> | undefined {
  const [, keyword = '', after = ''] = /^([^\t\v\f\r ]*)[\t\v\f\r ]*(.*)$/s.exec(original.trim()) ?? [];
  if (keyword === '') return undefined;
  const { flags, rest } = splitFlags(after.trim(), escape);
  return { keyword, flags, rest };
}

/** The words in front that begin with two hyphens; quotes and escapes belong to them, and are taken away. */
function splitFlags(text: string, escape: string): { flags: string[]; rest: string } {
  const flags: string[] = [];
  let at = 0;
  for (;;) {
    while (/\s/.test(text[at] ?? '')) at++;
    if (!text.startsWith('--', at)) break;
    const { word, end } = flagAt(text, at, escape);
    at = end;
    if (word === '--') break;
    flags.push(word);
  }
  return { flags, rest: text.slice(at).trimStart() };
}

function flagAt(text: string, start: number, escape: string): { word: string; end: number } {
  let [word, quote, at] = ['', '', start];
  for (; at < text.length; at++) {
    const character = text[at] as string;
    if (quote === '' && /\s/.test(character)) break;
    if (character === quote) quote = '';
    else if (quote === '' && (character === "'" || character === '"')) quote = character;
    else if (character === escape && quote !== "'" && at + 1 < text.length) word += text[++at];
    else word += character;
  }
  return { word, end: at };
}

function located(message: string, line: number): DockerfileError {
  return message.startsWith('dockerfile') || message.startsWith('file')
    ? new LocatedError(message, { start: line, end: line })
    : parseError(message, { start: line, end: line });
}

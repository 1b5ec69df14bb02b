import { posix } from 'node:path';
import { pathMatcher } from './go/path-match.ts';
import { EngineError } from './errors.ts';

/** What one place of a pattern may be. */
type Token =
  | { kind: 'character'; value: string }
  /** `?`, or a class: one character. */
  | { kind: 'one'; matches: (character: string) => boolean }
  /** `*`: anything without a slash. */
  | { kind: 'star' }
  /** `**` at the end: anything. */
  | { kind: 'any' }
  /** `**` and a slash: directories, or nothing. */
  | { kind: 'directories' };

type Pattern = { isException: boolean; text: string; matches(path: string): boolean };

/** More than real files have; each is compared with each path. */
const MAX_PATTERNS = 10_000;

/**
 * The lines of a `.dockerignore`: comments and empty lines taken away, paths cleaned, made relative to the context
 * (moby/patternmatcher, ignorefile).
 */
export function readIgnoreFile(text: string): string[] {
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  return lines.flatMap(line => {
    if (line.startsWith('#')) return [];
    const pattern = line.trim();
    if (pattern === '') return [];
    const isException = pattern.startsWith('!');
    const path = isException ? pattern.slice(1).trim() : pattern;
    const clean = path === '' ? '' : cleanPattern(path).replace(/^\/(?=.)/, '');
    return `${isException ? '!' : ''}${clean}`;
  });
}

/** Which paths patterns leave out; the last one that matches a path, or a directory above it, decides. */
export class IgnorePatterns {
  readonly #patterns: Pattern[];
  readonly hasExceptions: boolean;

  /** @throws EngineError invalid-parameter for a malformed pattern */
  constructor(patterns: readonly string[]) {
    if (patterns.length > MAX_PATTERNS) throw invalid('too many patterns');
    this.#patterns = patterns.flatMap(text => readPattern(text.trim()) ?? []);
    this.hasExceptions = this.#patterns.some(({ isException }) => isException);
  }

  /** Whether a path is left out. It is relative to the context, without a slash in front. */
  ignores(path: string): boolean {
    const prefixes = [path, ...parentsOf(path)];
    let isIgnored = false;
    for (const pattern of this.#patterns) {
      if (pattern.isException === isIgnored && prefixes.some(prefix => pattern.matches(prefix)))
        isIgnored = !isIgnored;
    }
    return isIgnored;
  }

  /** Whether something below an ignored directory may not be ignored. */
  mayKeepBelow(directory: string): boolean {
    return this.#patterns.some(({ isException, text }) => {
      if (!isException) return false;
      return `${text}/`.startsWith(`${directory}/`) || /[*?[\\]/.test(text);
    });
  }
}

/** @throws EngineError invalid-parameter for a malformed pattern */
export function checkPatterns(patterns: readonly string[]): void {
  for (const text of patterns) readPattern(text.trim());
}

function parentsOf(path: string): string[] {
  const parents: string[] = [];
  for (let slash = path.indexOf('/', 1); slash >= 0; slash = path.indexOf('/', slash + 1))
    parents.push(path.slice(0, slash));
  return parents;
}

function readPattern(text: string): Pattern | undefined {
  if (text === '') return undefined;
  const clean = cleanPattern(text);
  if (clean === '!') throw invalid('illegal exclusion pattern: "!"');
  const isException = clean.startsWith('!');
  const pattern = isException ? clean.slice(1) : clean;
  pathMatcher(pattern);
  const tokens = withSuffix(pattern, tokensOf(Array.from(pattern)));
  return { isException, text: pattern, matches: path => matchesTokens(tokens, path) };
}

/** `**.md` stands for every path that ends so, where nothing else in it is special. */
function withSuffix(pattern: string, tokens: Token[]): Token[] {
  const isSuffix = /^\*\*[^/]/.test(pattern) && !/[*?[\\]/.test(pattern.slice(2));
  return isSuffix ? [{ kind: 'any' }, ...tokens.slice(1)] : tokens;
}

/** Go's filepath.Clean. */
function cleanPattern(path: string): string {
  return posix.normalize(path).replace(/(?<=.)\/$/, '');
}

function tokensOf(characters: readonly string[]): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] as string;
    if (character === '*' && characters[at + 1] === '*') {
      at++;
      if (characters[at + 1] === '/') at++;
      tokens.push({ kind: at + 1 === characters.length ? 'any' : 'directories' });
    } else if (character === '*') tokens.push({ kind: 'star' });
    else if (character === '?') tokens.push({ kind: 'one', matches: each => each !== '/' });
    else if (character === '[') {
      const end = endOfClass(characters, at);
      const matches = pathMatcher(characters.slice(at, end + 1).join(''));
      tokens.push({ kind: 'one', matches });
      at = end;
    } else if (character === '\\' && at + 1 < characters.length)
      tokens.push({ kind: 'character', value: characters[++at] as string });
    else tokens.push({ kind: 'character', value: character });
  }
  return tokens;
}

/** The pattern is known to be well-formed. */
function endOfClass(characters: readonly string[], start: number): number {
  let at = start + 1;
  if (characters[at] === '^') at++;
  do at += characters[at] === '\\' ? 2 : 1;
  while (at < characters.length && characters[at] !== ']');
  return at;
}

/** All ways at once, so that no pattern takes more time than its length times that of the path. */
function matchesTokens(tokens: readonly Token[], path: string): boolean {
  let places = new Set<number>();
  enter(tokens, 0, places);
  for (const character of path) {
    const next = new Set<number>();
    for (const place of places) step(tokens, place, character, next);
    if (next.size === 0) return false;
    places = next;
  }
  return places.has(tokens.length);
}

/** A place, and those behind it that are reached with nothing in between. */
function enter(tokens: readonly Token[], place: number, places: Set<number>): void {
  for (let at = place; !places.has(at); at++) {
    places.add(at);
    const kind = tokens[at]?.kind;
    if (kind === undefined || kind === 'character' || kind === 'one') return;
  }
}

function step(tokens: readonly Token[], place: number, character: string, next: Set<number>): void {
  const token = tokens[place];
  switch (token?.kind) {
    case 'character':
      if (token.value === character) enter(tokens, place + 1, next);
      return;
    case 'one':
      if (token.matches(character)) enter(tokens, place + 1, next);
      return;
    case 'star':
      if (character !== '/') enter(tokens, place, next);
      return;
    case 'any':
      enter(tokens, place, next);
      return;
    case 'directories':
      // It ends where a directory does.
      next.add(place);
      if (character === '/') enter(tokens, place + 1, next);
  }
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-parameter', message);
}

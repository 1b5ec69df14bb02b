import { expandWords } from './shell-lexer.ts';

export type Heredoc = {
  name: string;
  /** Whether variables in it are replaced: its name is not quoted. */
  expands: boolean;
  /** `<<-`: tabs at the beginning of its lines do not count. */
  chomps: boolean;
  content: string;
};

const NOTHING = { get: () => undefined };

/** The heredocs that a line announces, without their content. */
export function heredocsIn(line: string): Heredoc[] {
  const words = quietly(() =>
    expandWords(line, NOTHING, { rawQuotes: true, rawEscapes: true, skipUnset: true }),
  );
  return words.flatMap(word => parseHeredoc(word) ?? []);
}

/** `<<NAME`, `<<-NAME`, `3<<"NAME"`; undefined for every other word. */
export function parseHeredoc(word: string): Heredoc | undefined {
  const match = /^\d*<<(-?)([^<]*)$/.exec(word);
  if (match === null || match[2] === '') return undefined;
  const [, dash, rest = ''] = match;
  const plain = quietly(() => expandWords(rest, NOTHING, { skipUnset: true }));
  const [name, ...others] = plain;
  if (name === undefined || others.length > 0) return undefined;
  const [raw] = expandWords(rest, NOTHING, { skipUnset: true, rawQuotes: true });
  return { name, expands: raw === name, chomps: dash === '-', content: '' };
}

/** Without the tabs at the beginning of its lines. */
export function chomped(content: string): string {
  return content.replace(/^\t+/gm, '');
}

/** What cannot be split has no heredocs. */
function quietly(words: () => string[]): string[] {
  try {
    return words();
  } catch {
    return [];
  }
}

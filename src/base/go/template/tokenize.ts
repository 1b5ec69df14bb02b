import { TemplateError } from './syntax.ts';

/** A stretch of text between actions, or the inside of one action. */
export type Segment = { kind: 'text' | 'action'; text: string; line: number; offset: number };

/** Cuts a template at its actions, applying `{{-` and `-}}`, and dropping comments. */
export function splitTemplate(template: string): Segment[] {
  const segments: Segment[] = [];
  let trimNext = false;
  for (let at = 0; at < template.length; ) {
    const open = template.indexOf('{{', at);
    const textEnd = open === -1 ? template.length : open;
    const trimLeft = open !== -1 && /^\{\{-\s/.test(template.slice(open, open + 4));
    let text = template.slice(at, textEnd);
    if (trimNext) text = text.replace(/^\s+/, '');
    if (trimLeft) text = text.replace(/\s+$/, '');
    if (text !== '') segments.push({ kind: 'text', text, line: lineOf(template, at), offset: at });
    if (open === -1) break;
    const line = lineOf(template, open);
    const start = open + (trimLeft ? 3 : 2);
    const { end, inner, trimRight } = readAction(template, start, line);
    if (!/^\s*\/\*/.test(inner)) segments.push({ kind: 'action', ...trimmed(inner, start), line });
    trimNext = trimRight;
    at = end;
  }
  return segments;
}

function trimmed(inner: string, start: number): { text: string; offset: number } {
  return { text: inner.trim(), offset: start + inner.length - inner.trimStart().length };
}

function readAction(template: string, start: number, line: number) {
  // Quoted strings may hold braces.
  const pattern =
    /"(?:[^"\\\n]|\\.)*"|`[^`]*`|'(?:[^'\\\n]|\\.)*'|\/\*[\s\S]*?\*\/|\s-\}\}|\}\}|["`']|[\s\S]/g;
  pattern.lastIndex = start;
  for (let match = pattern.exec(template); match !== null; match = pattern.exec(template)) {
    const [token] = match;
    if (token === '"' || token === "'")
      throw new TemplateError(`template: :${line}: unterminated quoted string`);
    if (token === '`') throw new TemplateError(`template: :${line}: unterminated raw quoted string`);
    if (!token.endsWith('}}') || /^["`'/]/.test(token)) continue;
    const inner = template.slice(start, match.index);
    return { end: pattern.lastIndex, inner, trimRight: token !== '}}' };
  }
  throw new TemplateError(`template: :${line}: unclosed action`);
}

function lineOf(template: string, at: number): number {
  return template.slice(0, at).split('\n').length;
}

export type Token = {
  kind: 'space' | 'word' | 'field' | 'variable' | 'string' | 'number' | 'symbol';
  text: string;
  /** In the whole template. */
  offset: number;
};

const TOKEN =
  /(?<space>\s+)|(?<string>"(?:[^"\\]|\\.)*"|`[^`]*`|'(?:[^'\\]|\\.)*')|(?<number>[+-]?(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?))|(?<field>\.\p{ID_Start}[\p{ID_Continue}]*|\._[\p{ID_Continue}]*)|(?<variable>\$[\p{ID_Continue}]*)|(?<word>[\p{ID_Start}_][\p{ID_Continue}]*)|(?<symbol>:=|[|().,=])/uy;

/** The tokens of an action. Spaces matter: `.A.B` is one operand, `.A .B` are two. */
export function tokenize({ text, line, offset }: Segment): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  for (let at = 0; at < text.length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (match === null) throw unexpected(text[at] ?? '', line);
    const [kind] = Object.entries(match.groups ?? {}).find(([, value]) => value !== undefined) ?? ['symbol'];
    tokens.push({ kind: kind as Token['kind'], text: match[0], offset: offset + at });
  }
  return tokens;
}

function unexpected(character: string, line: number): TemplateError {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return new TemplateError(
    `template: :${line}: unexpected bad character U+${code} '${character}' in command`,
  );
}

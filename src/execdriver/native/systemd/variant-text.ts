import { EngineError } from '../../../base/errors.ts';
import { lookupTable } from '../../../base/lookup-table.ts';
import type { Variant } from './wire.ts';

const PREFIXES = lookupTable<string>({
  boolean: 'b',
  byte: 'y',
  int16: 'n',
  uint16: 'q',
  int32: 'i',
  uint32: 'u',
  int64: 'x',
  uint64: 't',
  double: 'd',
  string: 's',
  objectpath: 'o',
  signature: 'g',
});
const TOKEN =
  /\s*(?:(@[a-z(){}]+|[a-z]\w*)|('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|([-+]?\d[\w.]*)|([[\](),]))/y;

/**
 * A value in GVariant's text format, which annotations have systemd's properties in: `true`, `5`, `uint64 7`,
 * `'text'`, `['a', 'b']`, `('x', uint64 1)`, `@as []`. A number without a type is an int32, or a double.
 * @throws EngineError invalid-parameter
 */
export function parseVariantText(text: string): Variant {
  const tokens = tokensOf(text);
  const variant = valueOf(tokens, text);
  if (tokens.length > 0) throw invalid(text);
  return variant;
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  for (let at = 0; text.slice(at).trim() !== ''; at = TOKEN.lastIndex) {
    const match = TOKEN.exec(text);
    if (!match) throw invalid(text);
    tokens.push(match[0].trim());
  }
  return tokens;
}

function valueOf(tokens: string[], text: string): Variant {
  const token = tokens.shift();
  if (token === undefined) throw invalid(text);
  if (token.startsWith('@')) return { signature: token.slice(1), value: valueOf(tokens, text).value };
  const typed = PREFIXES[token];
  if (typed !== undefined) return converted(typed, valueOf(tokens, text), text);
  if (token === 'true' || token === 'false') return { signature: 'b', value: token === 'true' };
  if (/^['"]/.test(token)) return { signature: 's', value: unquoted(token) };
  if (/^[-+]?\d/.test(token)) return numberOf(token, text);
  if (token === '[') return arrayOf(tokens, text);
  if (token !== '(') throw invalid(text);
  const members = listOf(tokens, ')', text);
  return {
    signature: `(${members.map(({ signature }) => signature).join('')})`,
    value: members.map(({ value }) => value),
  };
}

function arrayOf(tokens: string[], text: string): Variant {
  const members = listOf(tokens, ']', text);
  const signature = members[0]?.signature ?? 's';
  if (members.some(member => member.signature !== signature)) throw invalid(text);
  return { signature: `a${signature}`, value: members.map(({ value }) => value) };
}

function listOf(tokens: string[], closing: string, text: string): Variant[] {
  const members: Variant[] = [];
  while (tokens[0] !== closing) {
    members.push(valueOf(tokens, text));
    if (tokens[0] === ',') tokens.shift();
    else if (tokens[0] !== closing) throw invalid(text);
  }
  tokens.shift();
  return members;
}

function numberOf(token: string, text: string): Variant {
  if (/^[-+]?(\d+|0x[\da-f]+)$/i.test(token))
    return { signature: 'i', value: BigInt(token.replace(/^\+/, '')) };
  const value = Number(token);
  if (Number.isNaN(value)) throw invalid(text);
  return { signature: 'd', value };
}

function converted(signature: string, { value }: Variant, text: string): Variant {
  const isNumber = typeof value === 'number' || typeof value === 'bigint';
  if (
    'sog'.includes(signature)
      ? typeof value !== 'string'
      : signature === 'b'
        ? typeof value !== 'boolean'
        : !isNumber
  )
    throw invalid(text);
  return { signature, value: signature === 'd' ? Number(value) : value };
}

function unquoted(token: string): string {
  const escapes: Record<string, string> = { n: '\n', t: '\t', r: '\r' };
  return token.slice(1, -1).replace(/\\(.)/g, (_, letter: string) => escapes[letter] ?? letter);
}

const invalid = (text: string) =>
  new EngineError('invalid-parameter', `cannot parse ${JSON.stringify(text)} as a systemd property`);

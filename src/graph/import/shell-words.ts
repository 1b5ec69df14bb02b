import { EngineError } from '../../base/errors.ts';

/**
 * Splits at white space outside of quotes, takes quotes and backslashes away, and replaces `$NAME`, `${NAME}`,
 * `${NAME:-default}` and `${NAME:+other}` outside of single quotes (Dockerfile reference, "Environment
 * replacement").
 * @throws EngineError invalid-parameter for a quote or a brace without end
 */
export function shellWords(text: string, environment: ReadonlyMap<string, string>): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let index = 0; index < text.length; index++) {
    const character = text[index] as string;
    if (quote === '' && /\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === quote) quote = '';
    else if (quote === '' && /['"]/.test(character)) {
      quote = character;
      word ??= '';
    } else if (character === '\\' && quote !== "'") {
      const next = text[++index] ?? '';
      // Within double quotes a backslash is special before a few characters only.
      word = (word ?? '') + (quote === '"' && !/["$\\]/.test(next) ? `\\${next}` : next);
    } else if (character === '$' && quote !== "'") {
      const { value, length } = expand(text.slice(index), environment);
      word = (word ?? '') + value;
      index += length - 1;
    } else word = (word ?? '') + character;
  }
  if (quote !== '')
    throw new EngineError(
      'invalid-parameter',
      `unexpected end of statement while looking for matching ${quote}`,
    );
  if (word !== undefined) words.push(word);
  return words;
}

function expand(text: string, environment: ReadonlyMap<string, string>): { value: string; length: number } {
  const plain = /^\$([A-Za-z_]\w*)/.exec(text);
  if (plain !== null) return { value: environment.get(plain[1] ?? '') ?? '', length: plain[0].length };
  if (!text.startsWith('${')) return { value: '$', length: 1 };
  const braced = /^\$\{(\w+)(?::([-+])([^}]*))?\}/.exec(text);
  if (braced === null)
    throw new EngineError('invalid-parameter', `unsupported modifier in substitution: ${text}`);
  const [whole, name = '', operator, other = ''] = braced;
  const value = environment.get(name) ?? '';
  if (operator === '-' && value === '') return { value: other, length: whole.length };
  if (operator === '+') return { value: value === '' ? '' : other, length: whole.length };
  return { value, length: whole.length };
}

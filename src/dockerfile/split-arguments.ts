import { invalid } from './dockerfile-error.ts';
import type { KeyValue } from './instruction.ts';

/** Words at white space, as written. */
export function splitBlanks(text: string): string[] {
  return text === '' ? [] : text.split(/[\t\v\f\r ]+/);
}

/** A JSON list of texts; undefined where it is none. @throws EngineError where a list holds something else */
export function jsonList(text: string): string[] | undefined {
  if (!text.startsWith('[')) return undefined;
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(list)) return undefined;
  if (!list.every(item => typeof item === 'string'))
    throw invalid('when using JSON array syntax, arrays must be comprised of strings only');
  return list;
}

/** `A=b C="d e"`, or the old `A the rest`. */
export function keyValues(keyword: string, text: string, escape: string): KeyValue[] {
  const words = quotedWords(text, escape);
  if (words.length === 0) throw invalid(`${keyword} requires at least one argument`);
  if (!words[0]?.includes('=')) return [oldPair(keyword, text)];
  return words.map(word => {
    const equals = word.indexOf('=');
    if (equals < 0)
      throw invalid(
        `Syntax error - can't find = in ${JSON.stringify(word)}. Must be of the form: name=value`,
      );
    if (equals === 0) throw invalid(`${keyword} names can not be blank`);
    return { name: word.slice(0, equals), value: word.slice(equals + 1) };
  });
}

function oldPair(keyword: string, text: string): KeyValue {
  const [, name = '', value] = /^([^\t\v\f\r ]+)[\t\v\f\r ]+(.+)$/s.exec(text) ?? [];
  if (value === undefined) throw invalid(`${keyword} must have two arguments`);
  return { name, value };
}

/** Words at white space outside of quotes; quotes and escapes stay. */
export function quotedWords(text: string, escape: string): string[] {
  const words: string[] = [];
  let [word, quote, mayBeEmpty] = ['', '', false];
  const end = (): void => {
    if (word !== '' || mayBeEmpty) words.push(word);
    [word, mayBeEmpty] = ['', false];
  };
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    if (quote === '' && /\s/.test(character)) {
      end();
      continue;
    }
    if (character === escape && quote !== "'") {
      // One at the very end says nothing.
      if (at + 1 < text.length) word += character + text[++at];
      continue;
    }
    if (character === quote) quote = '';
    else if (quote === '' && (character === "'" || character === '"'))
      [quote, mayBeEmpty] = [character, true];
    word += character;
  }
  end();
  return words;
}

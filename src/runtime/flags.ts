import { EngineError } from '../base/errors.ts';

/** The flags of a command by their names; a `short` one is another name for it. */
export type FlagTable = Record<
  string,
  { type: 'boolean' | 'string' | 'list' | 'number'; short?: string; usage: string }
>;

export type Flags = {
  /** Given flags only. */
  values: Map<string, string[]>;
  /** What follows the flags. */
  args: string[];
};

/**
 * Parses as Go's flag package, and so runc, does: one dash or two, `=` or the next word for the value, up to the
 * first word that is no flag, or `--`.
 * @throws EngineError invalid-parameter
 */
export function parseFlags(words: readonly string[], table: FlagTable): Flags {
  const values = new Map<string, string[]>();
  let at = 0;
  for (; at < words.length; at++) {
    const word = words[at]!;
    if (word === '--') {
      at += 1;
      break;
    }
    const match = /^--?([^-=][^=]*)(?:=(.*))?$/s.exec(word);
    if (!match) break;
    const name = nameOf(match[1]!, table);
    let value = match[2];
    if (value === undefined) {
      if (table[name]!.type === 'boolean') value = 'true';
      else if (++at < words.length) value = words[at]!;
      else throw new EngineError('invalid-parameter', `flag needs an argument: -${match[1]}`);
    }
    check(name, value, table);
    values.set(name, [...(values.get(name) ?? []), value]);
  }
  return { values, args: words.slice(at) };
}

export function flagText({ values }: Flags, name: string): string | undefined {
  return values.get(name)?.at(-1);
}

export function flagSet({ values }: Flags, name: string): boolean {
  return values.get(name)?.at(-1) === 'true';
}

export function flagNumber(flags: Flags, name: string): number | undefined {
  const text = flagText(flags, name);
  return text === undefined ? undefined : Number(text);
}

function nameOf(given: string, table: FlagTable): string {
  if (Object.hasOwn(table, given)) return given;
  const name = Object.keys(table).find(key => table[key]!.short === given);
  if (name === undefined)
    throw new EngineError('invalid-parameter', `flag provided but not defined: -${given}`);
  return name;
}

function check(name: string, value: string, table: FlagTable): void {
  const { type } = table[name]!;
  if (type === 'number' && !/^-?\d+$/.test(value))
    throw new EngineError(
      'invalid-parameter',
      `invalid value ${JSON.stringify(value)} for flag -${name}: expected a number`,
    );
  if (type === 'boolean' && value !== 'true' && value !== 'false')
    throw new EngineError('invalid-parameter', `invalid boolean value ${JSON.stringify(value)} for -${name}`);
}

import { EngineError } from '../base/errors.ts';

/** The flags of a command by their names; a `short` one is another name for it. */
export type FlagTable = Record<
  string,
  { type: 'boolean' | 'string' | 'list' | 'number' | 'size'; short?: string; usage: string }
>;

export type Flags = {
  /** Given flags only. */
  values: Map<string, string[]>;
  /** What follows the flags. */
  args: string[];
};

const SIZE_UNITS = 'bkmgtp';

/**
 * Parses as runc does: one dash or two, `=` or the next word for the value. Flags may come after arguments,
 * up to a `--`, unless the first argument begins a command line of its own (`stopsAtArgument`).
 * @throws EngineError invalid-parameter
 */
export function parseFlags(
  words: readonly string[],
  table: FlagTable,
  { stopsAtArgument = true }: { stopsAtArgument?: boolean } = {},
): Flags {
  const values = new Map<string, string[]>();
  const args: string[] = [];
  let at = 0;
  for (; at < words.length; at++) {
    const word = words[at]!;
    if (word === '--') {
      at += 1;
      break;
    }
    const match = /^--?([^-=][^=]*)(?:=(.*))?$/s.exec(word);
    if (!match) {
      if (stopsAtArgument) break;
      args.push(word);
      continue;
    }
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
  return { values, args: [...args, ...words.slice(at)] };
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

/** A number of bytes, as `1024`, `50M` or `1.5GiB`; -1 stays -1. */
export function flagBytes(flags: Flags, name: string): number | undefined {
  const text = flagText(flags, name);
  return text === undefined ? undefined : bytesOf(text);
}

function bytesOf(text: string): number {
  const [, number = '', unit = 'b'] = /^(-1|\d+(?:\.\d+)?) ?([kmgtp])?(?:i?b)?$/i.exec(text) ?? [];
  return number === ''
    ? Number.NaN
    : Math.floor(Number(number) * 1024 ** SIZE_UNITS.indexOf(unit.toLowerCase()));
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
  if (type === 'size' && Number.isNaN(bytesOf(value)))
    throw new EngineError('invalid-parameter', `invalid value for ${name}: invalid size: '${value}'`);
  if (type === 'boolean' && value !== 'true' && value !== 'false')
    throw new EngineError('invalid-parameter', `invalid boolean value ${JSON.stringify(value)} for -${name}`);
}

import { messageOf } from '../../base/errors.ts';
import { FlagError } from '../cli-error.ts';
import type { Flag, FlagTable, FlagValues } from './flag.ts';

export type ParsedFlags<T extends FlagTable> = {
  values: FlagValues<T>;
  /** Names of the flags that were written. */
  changed: ReadonlySet<string>;
  args: string[];
  helpAsked: boolean;
  /** What the user should know of deprecated flags. */
  notices: string[];
};

type State = {
  table: FlagTable;
  values: Record<string, unknown>;
  changed: Set<string>;
  args: string[];
  rest: string[];
  notices: string[];
};

/** Thrown inside to end parsing at `--help`: whatever follows does not count. */
class HelpAsked extends Error {}

/**
 * The grammar of Go's pflag: `-it`, `-p8080:80`, `-p=8080:80`, `--name x`, `--name=x`, `--rm=false`, `--`.
 * Without `interspersed` the first argument ends the flags.
 * @throws FlagError
 */
export function parseFlags<T extends FlagTable>(
  table: T,
  args: readonly string[],
  options: { interspersed: boolean },
): ParsedFlags<T> {
  const values = Object.fromEntries(Object.entries(table).map(([name, flag]) => [name, flag.initial]));
  const state: State = { table, values, changed: new Set(), args: [], rest: [...args], notices: [] };
  let helpAsked = false;
  try {
    parseAll(state, options.interspersed);
  } catch (error) {
    if (!(error instanceof HelpAsked)) throw error;
    helpAsked = true;
  }
  const { changed, notices } = state;
  // A table may list `help` itself, where `-h` means something else.
  helpAsked ||= values.help === true;
  return { values: values as FlagValues<T>, changed, args: state.args, helpAsked, notices };
}

function parseAll(state: State, interspersed: boolean): void {
  for (let word = state.rest.shift(); word !== undefined; word = state.rest.shift()) {
    if (word === '--') return void state.args.push(...state.rest.splice(0));
    if (word.startsWith('--')) parseLong(state, word);
    else if (word.startsWith('-') && word !== '-') parseShorts(state, word.slice(1));
    else {
      state.args.push(word);
      if (!interspersed) return void state.args.push(...state.rest.splice(0));
    }
  }
}

function parseLong(state: State, word: string): void {
  const body = word.slice(2);
  if (body.startsWith('-') || body.startsWith('=')) throw new FlagError(`bad flag syntax: ${word}`);
  const at = body.indexOf('=');
  const name = at === -1 ? body : body.slice(0, at);
  const flag = Object.hasOwn(state.table, name) ? state.table[name] : undefined;
  if (flag === undefined) {
    if (name === 'help') throw new HelpAsked();
    throw new FlagError(`unknown flag: --${name}`);
  }
  const value = at === -1 ? (flag.implied ?? state.rest.shift()) : body.slice(at + 1);
  if (value === undefined) throw new FlagError(`flag needs an argument: --${name}`);
  assign(state, name, flag, value);
}

function parseShorts(state: State, written: string): void {
  for (let letters = written; letters !== ''; ) {
    const letter = letters[0] ?? '';
    const found = Object.entries(state.table).find(([, flag]) => flag.short === letter);
    if (found === undefined) throw unknownShort(state, letter, letters);
    const [name, flag] = found;
    const rest = letters.slice(1);
    if (rest.startsWith('=') && rest.length > 1) return assign(state, name, flag, rest.slice(1));
    if (flag.implied !== undefined) {
      assign(state, name, flag, flag.implied);
      letters = rest;
      continue;
    }
    const value = rest !== '' ? rest : state.rest.shift();
    if (value === undefined) throw new FlagError(`flag needs an argument: '${letter}' in -${letters}`);
    return assign(state, name, flag, value);
  }
}

function unknownShort(state: State, letter: string, letters: string): Error {
  if (letter !== 'h') return new FlagError(`unknown shorthand flag: '${letter}' in -${letters}`);
  state.notices.push('Flag shorthand -h has been deprecated, use --help');
  return new HelpAsked();
}

function assign(state: State, name: string, flag: Flag<unknown>, text: string): void {
  const key = flag.aliasOf ?? name;
  try {
    state.values[key] = flag.set(text, state.values[key]);
  } catch (error) {
    const shown = flag.short === '' ? `--${name}` : `-${flag.short}, --${name}`;
    throw new FlagError(`invalid argument ${JSON.stringify(text)} for "${shown}" flag: ${messageOf(error)}`);
  }
  state.changed.add(key);
  if (flag.deprecated !== undefined)
    state.notices.push(`Flag --${name} has been deprecated, ${flag.deprecated}`);
}

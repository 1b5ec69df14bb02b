import { own } from '../base/own.ts';
import { invalid } from './dockerfile-error.ts';
import { suggestion } from './suggest.ts';

export type FlagType = 'text' | 'switch' | 'list';
type Values<T extends Record<string, FlagType>> = {
  [K in keyof T]: T[K] extends 'switch' ? boolean : T[K] extends 'list' ? string[] : string | undefined;
};

/** The flags of an instruction, as its parser knows them. @throws EngineError invalid-parameter, in Docker's words */
export function readFlags<T extends Record<string, FlagType>>(flags: readonly string[], known: T): Values<T> {
  const values: Record<string, string | boolean | string[] | undefined> = {};
  for (const [name, type] of Object.entries(known))
    values[name] = type === 'switch' ? false : type === 'list' ? [] : undefined;
  const used = new Set<string>();
  for (const flag of flags) {
    const [name, value] = splitFlag(flag);
    const type = own<FlagType>(known, name);
    if (type === undefined) throw invalid(`unknown flag: --${name}${suggestion(name, Object.keys(known))}`);
    if (used.has(name) && type !== 'list') throw invalid(`duplicate flag specified: --${name}`);
    used.add(name);
    if (type === 'switch') values[name] = switchValue(name, value);
    else if (value === undefined) throw invalid(`missing a value on flag: --${name}`);
    else if (type === 'list') (values[name] as string[]).push(value);
    else values[name] = value;
  }
  return values as Values<T>;
}

function splitFlag(flag: string): [name: string, value: string | undefined] {
  const equals = flag.indexOf('=');
  return equals < 0 ? [flag.slice(2), undefined] : [flag.slice(2, equals), flag.slice(equals + 1)];
}

function switchValue(name: string, value: string | undefined): boolean {
  if (value === undefined) return true;
  if (value === '') throw invalid(`missing a value on flag: --${name}`);
  const lower = value.toLowerCase();
  if (lower !== 'true' && lower !== 'false')
    throw invalid(`expecting boolean value for flag --${name}, not: ${value}`);
  return lower === 'true';
}

import type { Int64 } from '../../base/int64.ts';
import { parseDuration } from '../values/duration.ts';
import { parseBool, parseInt64, parseInteger, parseUnsigned } from '../values/go-numbers.ts';
import { parseSize } from '../values/size.ts';

/** One flag of a command: how it is written, what it holds, what help says of it. */
export type Flag<V> = {
  /** One letter, or empty. */
  readonly short: string;
  readonly usage: string;
  /** What help calls the value (`list`, `bytes`); empty for a switch. */
  readonly kind: string;
  readonly initial: V;
  /** Takes one more occurrence. Throws an Error whose message is the reason alone. */
  readonly set: (text: string, before: V) => V;
  /** As help shows it, `"missing"`; none when undefined. */
  readonly defaultText?: string;
  /** The value of a flag written without one: switches. */
  readonly implied?: string;
  readonly hidden?: boolean;
  /** Why not to use it any more, for standard error. */
  readonly deprecated?: string;
  /** Two names for one value: what is set here is kept under this name. */
  readonly aliasOf?: string;
};

// oxlint-disable-next-line typescript/no-explicit-any -- a table holds flags of every type
export type FlagTable = Record<string, Flag<any>>;
export type FlagValues<T extends FlagTable> = {
  [K in keyof T]: T[K] extends Flag<infer V> ? V : never;
};

export function bool(short: string, usage: string, initial = false): Flag<boolean> {
  const defaultText = initial ? 'true' : undefined;
  return { short, usage, kind: '', initial, set: parseBool, implied: 'true', defaultText };
}

/** `check` returns the value as it is kept, or throws. */
export function string(
  short: string,
  usage: string,
  initial = '',
  check: (text: string) => string = text => text,
): Flag<string> {
  const defaultText = initial === '' ? undefined : JSON.stringify(initial);
  return { short, usage, kind: 'string', initial, set: text => check(text), defaultText };
}

export function integer(short: string, usage: string, initial = 0): Flag<number> {
  const defaultText = initial === 0 ? undefined : String(initial);
  return { short, usage, kind: 'int', initial, set: text => parseInteger(text), defaultText };
}

export function int64(short: string, usage: string): Flag<Int64> {
  return { short, usage, kind: 'int', initial: 0, set: text => parseInt64(text), defaultText: undefined };
}

export function uint16(short: string, usage: string): Flag<number> {
  const set = (text: string) => parseUnsigned(text, { bits: 16 });
  return { short, usage, kind: 'uint16', initial: 0, set, defaultText: '0' };
}

/** Every occurrence is one element; `check` returns what is kept of it. */
export function list(
  short: string,
  usage: string,
  check: (text: string) => string = text => text,
): Flag<string[]> {
  const set = (text: string, before: string[]) => [...before, check(text)];
  return { short, usage, kind: 'list', initial: [], set };
}

/** `KEY=VALUE` occurrences; a missing `=VALUE` is an empty value. */
export function map(
  short: string,
  usage: string,
  check: (text: string) => string = text => text,
): Flag<Record<string, string>> {
  const set = (text: string, before: Record<string, string>) => {
    const [key, value] = splitPair(check(text));
    return { ...before, [key]: value };
  };
  return { short, usage, kind: 'map', initial: {}, set, defaultText: 'map[]' };
}

export function bytes(short: string, usage: string): Flag<Int64> {
  return { short, usage, kind: 'bytes', initial: 0, set: parseSize };
}

/** Nanoseconds. */
export function duration(short: string, usage: string): Flag<number> {
  return { short, usage, kind: 'duration', initial: 0, set: parseDuration, defaultText: '0s' };
}

/** A flag of its own type. */
export function custom<V>(flag: Flag<V>): Flag<V> {
  return flag;
}

export function hidden<V>(flag: Flag<V>): Flag<V> {
  return { ...flag, hidden: true };
}

export function deprecated<V>(flag: Flag<V>, advice: string): Flag<V> {
  return { ...flag, hidden: true, deprecated: advice };
}

/** Splits at the first `=`. */
export function splitPair(text: string): [key: string, value: string] {
  const at = text.indexOf('=');
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

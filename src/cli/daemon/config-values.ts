import type { Ulimit } from '../../api/types.ts';
import type { Int64 } from '../../base/int64.ts';
import { parseSize } from '../values/size.ts';

/** What a value of the configuration file is to be. @throws Error that names the key */
export type ValueCheck = (value: unknown, key: string) => unknown;

export function text(value: unknown, key: string): string {
  if (typeof value !== 'string') throw wrongType(key, 'a string');
  return value;
}

export function boolean(value: unknown, key: string): boolean {
  if (typeof value !== 'boolean') throw wrongType(key, 'true or false');
  return value;
}

export function number(value: unknown, key: string): number {
  if (!Number.isSafeInteger(value)) throw wrongType(key, 'a whole number');
  return value as number;
}

/** For flags whose own check takes text. */
export function numberText(value: unknown, key: string): string {
  return String(number(value, key));
}

export function texts(value: unknown, key: string): string[] {
  return list(text)(value, key);
}

export function object(value: unknown, key: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrongType(key, 'an object');
  return value as Record<string, unknown>;
}

export function list<T>(item: (value: unknown, key: string) => T): (value: unknown, key: string) => T[] {
  return (value, key) => {
    if (!Array.isArray(value)) throw wrongType(key, 'a list');
    return value.map((one, index) => item(one, `${key}[${index}]`));
  };
}

/** An object with any names, and values of one type. */
export function map<T>(
  item: (value: unknown, key: string) => T,
): (value: unknown, key: string) => Record<string, T> {
  return (value, key) =>
    Object.fromEntries(
      Object.entries(object(value, key)).map(([name, one]) => [name, item(one, `${key}.${name}`)]),
    );
}

function int64(value: unknown, key: string): Int64 {
  return typeof value === 'bigint' ? value : number(value, key);
}

export function size(value: unknown, key: string): Int64 {
  return typeof value === 'string' ? parseSize(value) : int64(value, key);
}

export function ulimits(value: unknown, key: string): Required<Ulimit>[] {
  const ulimit = (item: unknown, path: string) => {
    const { Soft, Hard } = object(item, path);
    return { Soft: int64(Soft, `${path}.Soft`), Hard: int64(Hard, `${path}.Hard`) };
  };
  return Object.entries(map(ulimit)(value, key)).map(([Name, limits]) => ({ Name, ...limits }));
}

export function addressPool(value: unknown, key: string): { base: string; size: number } {
  const { base, size: prefixLength } = object(value, key);
  return { base: text(base, `${key}.base`), size: number(prefixLength, `${key}.size`) };
}

function wrongType(key: string, expected: string): Error {
  return new Error(`${key} must be ${expected}`);
}

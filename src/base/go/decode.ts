import type { Int64 } from '../int64.ts';
import { JsonError, WrittenNumber } from './json.ts';
import { parseRfc3339 } from './time.ts';

/**
 * Checks one value of parsed JSON and gives it its type, as Go's encoding/json does: null is the zero value, unknown
 * keys are ignored, keys are the same in any case. `path` names the value in errors: `CreateRequest.HostConfig.Memory`.
 * @throws JsonError in Go's words
 */
export type Decoder<T> = (value: unknown, path: string) => T;

/** The decoders of a type's fields: the compiler requires exactly one decoder per field. */
export type Fields<T> = { [K in keyof T]-?: Decoder<T[K]> };

/** An object of known fields. Absent fields and null stay absent. */
export function struct<T extends object>(goType: string, fields: Fields<T>): Decoder<T> {
  const byLowerCase = new Map(
    Object.keys(fields).map(name => [name.toLowerCase(), name as keyof T & string]),
  );
  return (value, path) => {
    const result: Partial<T> = {};
    for (const [key, item] of Object.entries(value === null ? {} : objectOf(value, path, goType))) {
      const name = byLowerCase.get(key.toLowerCase());
      if (name !== undefined && item !== null) result[name] = fields[name](item, `${path}.${name}`);
    }
    return result as T;
  };
}

export function arrayOf<T>(element: Decoder<T>, goType: string): Decoder<T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) return mismatch(value, path, goType);
    return value.map((item, index) => element(item, `${path}.${index}`));
  };
}

/** An object of any keys, `most` at most: where each takes long to decode, before that is begun. */
export function mapOf<T>(element: Decoder<T>, goType: string, most = Infinity): Decoder<Record<string, T>> {
  return (value, path) => {
    const given = objectOf(value, path, goType) as Record<string, unknown>;
    const keys = Object.keys(given);
    if (keys.length > most) throw new JsonError(`${path} has ${keys.length} entries, more than ${most}`);
    const items = keys.map(key => element(given[key], `${path}.${key}`));
    // Where nothing changes the object itself will do: a copy of one that has as many keys as may be takes long.
    if (keys.every((key, index) => given[key] === items[index])) return given as Record<string, T>;
    // fromEntries defines its properties: a key `__proto__` is a key like any other.
    return Object.fromEntries(keys.map((key, index) => [key, items[index] as T]));
  };
}

/** `struct {}`: only that it is there counts. */
export const emptyStruct: Decoder<object> = (value, path) => {
  const given = value === null ? {} : objectOf(value, path, 'struct {}');
  return Object.keys(given).length === 0 ? given : {};
};

/** `goType` other than string: a named type. What it may hold is for the engine to say. */
export function text<T extends string = string>(goType = 'string'): Decoder<T> {
  return (value, path) => {
    if (value === null) return '' as T;
    return typeof value === 'string' ? (value as T) : mismatch(value, path, goType);
  };
}

export const bool: Decoder<boolean> = (value, path) => {
  if (value === null) return false;
  return typeof value === 'boolean' ? value : mismatch(value, path, 'bool');
};

/** A moment, kept as it was written. */
export const time: Decoder<string> = (value, path) => {
  if (value === null) return '';
  if (typeof value !== 'string') return mismatch(value, path, 'time.Time');
  if (parseRfc3339(value) !== undefined) return value;
  const shown = JSON.stringify(value.slice(0, 64));
  throw new JsonError(`parsing time ${shown} as "2006-01-02T15:04:05Z07:00": cannot parse ${shown}`);
};

/** An integer within Go's type of that name. */
export function integer(goType: IntegerType): Decoder<Int64> {
  const [smallest, largest] = RANGES[goType];
  return (value, path) => {
    if (value === null) return 0;
    const isInteger = typeof value === 'bigint' || Number.isInteger(value);
    const inRange = isInteger && (value as Int64) >= smallest && (value as Int64) <= largest;
    return inRange ? (value as Int64) : mismatch(value, path, goType);
  };
}

/** As {@link integer}, for what is of no use beyond the integers that a number holds exactly. */
export function safeInteger(goType: IntegerType): Decoder<number> {
  const decode = integer(goType);
  return (value, path) => {
    const decoded = decode(value, path);
    return typeof decoded === 'number' ? decoded : mismatch(value, path, goType);
  };
}

const RANGES = {
  int: [-(2n ** 63n), 2n ** 63n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint: [0n, 2n ** 64n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  uint16: [0n, 2n ** 16n - 1n],
} as const;

type IntegerType = keyof typeof RANGES;

/** A list of strings, or one string that stands for a list of one. */
export const stringOrStrings: Decoder<string[]> = (value, path) => {
  const element = text();
  if (typeof value === 'string') return [value];
  return Array.isArray(value)
    ? value.map((item, index) => element(item, `${path}.${index}`))
    : [element(value, path)];
};

export const strings: Decoder<string[]> = arrayOf(text(), '[]string');
export const stringMap: Decoder<Record<string, string>> = mapOf(text(), 'map[string]string');

/** The same fields, but what cannot be decoded is left out: for what has been let in already. */
export function forgiving<T>(fields: Fields<T>): Fields<T> {
  const forgive =
    <V>(decoder: Decoder<V>): Decoder<V | undefined> =>
    (value, path) => {
      try {
        return decoder(value, path);
      } catch (error) {
        if (error instanceof JsonError) return undefined;
        throw error;
      }
    };
  const entries = Object.entries<Decoder<unknown>>(fields);
  return Object.fromEntries(entries.map(([name, decoder]) => [name, forgive(decoder)])) as Fields<T>;
}

/** Null stays null. */
export function nullable<T>(decoder: Decoder<T>): Decoder<T | null> {
  return (value, path) => (value === null ? null : decoder(value, path));
}

/** Any JSON value, with ordinary numbers. */
export const anything: Decoder<unknown> = value => {
  if (value instanceof WrittenNumber) return Number(value.source);
  if (Array.isArray(value)) return value.map(item => anything(item, ''));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, anything(item, '')]));
};

function objectOf(value: unknown, path: string, goType: string): object {
  const isObject = value !== null && typeof value === 'object';
  if (!isObject || Array.isArray(value) || value instanceof WrittenNumber)
    return mismatch(value, path, goType);
  return value;
}

function mismatch(value: unknown, path: string, goType: string): never {
  const place = path.includes('.') ? `struct field ${path}` : 'value';
  throw new JsonError(`json: cannot unmarshal ${describe(value, goType)} into Go ${place} of type ${goType}`);
}

/** How much of a number an error shows. */
const MAX_SHOWN = 64;

function describe(value: unknown, goType: string): string {
  if (value instanceof WrittenNumber) return `number ${value.source.slice(0, MAX_SHOWN)}`;
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number' || typeof value === 'bigint')
    return goType in RANGES ? `number ${value}` : 'number';
  return typeof value;
}

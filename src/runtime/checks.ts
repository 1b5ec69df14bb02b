import { encodeJson } from '../base/exact-json.ts';
import type { Int64 } from '../base/int64.ts';
import { EngineError } from '../base/errors.ts';

/**
 * Looks at a value of a JSON document, and throws for one that is not as it should be.
 * @throws EngineError invalid-parameter, naming the JSON path and what was expected there
 */
export type Check = (value: unknown, path: string) => void;

/** One for whole documents: what has passed it is a T. */
export type DocumentCheck<T> = Check & { readonly checked?: T };

export const text: Check = (value, path) => expect(typeof value === 'string', 'a string', value, path);
export const flag: Check = (value, path) => expect(typeof value === 'boolean', 'true or false', value, path);

/** A string without a NUL byte, which the kernel could not take. */
export const kernelText: Check = (value, path) =>
  expect(typeof value === 'string' && !value.includes('\0'), 'a string without NUL bytes', value, path);

export const filledText: Check = (value, path) =>
  expect(
    typeof value === 'string' && value !== '' && !value.includes('\0'),
    'a string that is not empty',
    value,
    path,
  );

export const absolutePath: Check = (value, path) =>
  expect(
    typeof value === 'string' && value.startsWith('/') && !value.includes('\0'),
    'an absolute path',
    value,
    path,
  );

/** A bigint passes only where a bound is one. */
export function integer(smallest: Int64, largest: Int64): Check {
  return (value, path) =>
    expect(
      (Number.isInteger(value) || typeof value === 'bigint') &&
        (value as Int64) >= smallest &&
        (value as Int64) <= largest,
      `an integer from ${smallest} to ${largest}`,
      value,
      path,
    );
}

/** A user's or group's id. The kernel reads the last number as "no change". */
export const id = integer(0, 0xffff_fffe);
export const uint32 = integer(0, 0xffff_ffff);
/** Whatever a number holds exactly, which is more than the kernel takes. */
export const safeInteger = integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
/** See Int64. */
export const int64 = integer(-(2n ** 63n), 2n ** 63n - 1n);
export const uint64 = integer(0, 2n ** 64n - 1n);

export function oneOf(...values: string[]): Check {
  return (value, path) =>
    expect(values.includes(value as string), `one of ${values.join(', ')}`, value, path);
}

export function listOf(check: Check): Check {
  return (value, path) => {
    expect(Array.isArray(value), 'a list', value, path);
    (value as unknown[]).forEach((entry, index) => check(entry, `${path}[${index}]`));
  };
}

export function mapOf(check: Check): Check {
  return (value, path) => {
    expect(isObject(value), 'an object', value, path);
    for (const [key, entry] of Object.entries(value as object))
      check(entry, `${path}[${JSON.stringify(key)}]`);
  };
}

/**
 * Members whose names end in `!` in `members` must be there; those it does not name are left alone. A name in
 * other letter case is put right, since that is how Go programs, who write these documents, read them.
 */
export function objectOf(members: Record<string, Check>): Check {
  const entries = Object.entries(members).map(
    ([name, check]) => [name.replace(/!$/, ''), name.endsWith('!'), check] as const,
  );
  const known = new Map(entries.map(([name]) => [name.toLowerCase(), name]));
  return (value, path) => {
    expect(isObject(value), 'an object', value, path);
    putRight(value as Record<string, unknown>, known);
    for (const [name, required, check] of entries) {
      const member = (value as Record<string, unknown>)[name];
      const where = path === '' ? name : `${path}.${name}`;
      if (member !== undefined) check(member, where);
      else if (required) throw new EngineError('invalid-parameter', `${where}: expected a value, got none`);
    }
  };
}

function putRight(value: Record<string, unknown>, known: Map<string, string>): void {
  for (const given of Object.keys(value)) {
    const name = known.get(given.toLowerCase());
    if (name === undefined || name === given) continue;
    value[name] = value[given];
    delete value[given];
  }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function expect(holds: boolean, what: string, value: unknown, path: string): void {
  if (holds) return;
  throw new EngineError(
    'invalid-parameter',
    `${path || 'the document'}: expected ${what}, got ${shown(value)}`,
  );
}

function shown(value: unknown): string {
  const json = encodeJson(value) ?? String(value);
  return json.length > 60 ? `${json.slice(0, 57)}...` : json;
}

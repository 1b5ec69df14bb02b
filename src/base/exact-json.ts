import { type Int64, toInt64 } from './int64.ts';

/** JSON.parse and JSON.rawJSON with source text access (ECMAScript 2026), which TypeScript's library does not know yet. */
const { parse, rawJSON } = JSON as unknown as {
  parse: (
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ) => unknown;
  rawJSON: (text: string) => unknown;
};

/** As JSON.stringify, bigints as numbers. */
export function encodeJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return JSON.stringify(value, (_key, item: unknown) =>
      typeof item === 'bigint' ? rawJSON(String(item)) : item,
    );
  }
}

/** As JSON.parse, integers of up to 64 bits exact: see Int64. */
export function decodeJson(text: string): unknown {
  if (!MAY_BE_INEXACT.test(text)) return JSON.parse(text);
  return parseNumbers(text, (value, source) => exactInteger(source) ?? value);
}

/** As JSON.parse. `revive` makes a value of each number, from how it was written. */
export function parseNumbers(text: string, revive: (value: number, source: string) => unknown): unknown {
  return parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined ? revive(value, source) : value,
  );
}

const MAY_BE_INEXACT = /\d{16}/;
const INTEGER = /^-?\d{1,20}$/;

/** undefined for what is none. Longer ones are no integers of 64 bits: converting them takes time that grows with the square of their length. */
export function exactInteger(source: string): Int64 | undefined {
  return INTEGER.test(source) ? toInt64(BigInt(source)) : undefined;
}

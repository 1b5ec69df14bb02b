import { parseBoolean } from '../../base/go/boolean.ts';
import { type Int64, toInt64 } from '../../base/int64.ts';

/** Numbers and booleans as Go's strconv reads them, with its messages: users see those, and scripts match on them. */
const DECIMAL_FLOAT = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;

class NumberSyntaxError extends Error {}

/** @throws NumberSyntaxError */
export function parseBool(text: string): boolean {
  const value = parseBoolean(text);
  if (value === undefined) throw syntaxError('ParseBool', text);
  return value;
}

/**
 * With base 0 the text may have a prefix (0x, 0o, 0b, or a leading 0 for octal) and underscores.
 * @throws NumberSyntaxError
 */
export function parseInt64(text: string, options: { bits?: number; base?: 0 | 8 | 10 } = {}): Int64 {
  const negative = text.startsWith('-');
  const magnitude = parseMagnitude(
    negative || text.startsWith('+') ? text.slice(1) : text,
    options.base ?? 0,
  );
  if (magnitude === undefined) throw syntaxError('ParseInt', text);
  const limit = 1n << BigInt((options.bits ?? 64) - 1);
  if (negative ? magnitude > limit : magnitude >= limit) throw rangeError('ParseInt', text);
  return toInt64(negative ? -magnitude : magnitude);
}

/** @throws NumberSyntaxError */
export function parseUint64(text: string, options: { bits?: number; base?: 0 | 8 | 10 } = {}): Int64 {
  const magnitude = parseMagnitude(text, options.base ?? 0);
  if (magnitude === undefined) throw syntaxError('ParseUint', text);
  if (magnitude >= 1n << BigInt(options.bits ?? 64)) throw rangeError('ParseUint', text);
  return toInt64(magnitude);
}

/** As {@link parseInt64}, for what is of no use where a number is not exact. @throws NumberSyntaxError */
export function parseInteger(text: string, options?: { bits?: number; base?: 0 | 8 | 10 }): number {
  return Number(parseInt64(text, options));
}

/** As {@link parseInteger}. @throws NumberSyntaxError */
export function parseUnsigned(text: string, options?: { bits?: number; base?: 0 | 8 | 10 }): number {
  return Number(parseUint64(text, options));
}

/** @throws NumberSyntaxError */
export function parseFloat64(text: string): number {
  if (!DECIMAL_FLOAT.test(text)) throw syntaxError('ParseFloat', text);
  return Number(text);
}

function parseMagnitude(text: string, base: 0 | 8 | 10): bigint | undefined {
  if (base === 10) return /^\d+$/.test(text) ? BigInt(text) : undefined;
  if (base === 8) return /^[0-7]+$/.test(text) ? BigInt(`0o${text}`) : undefined;
  const digits = text.toLowerCase().replace(/(?<=[0-9a-fx])_(?=[0-9a-f])/g, '');
  if (/^0[0-7]+$/.test(digits)) return BigInt(`0o${digits.slice(1)}`);
  return /^(0|[1-9]\d*|0x[0-9a-f]+|0o[0-7]+|0b[01]+)$/.test(digits) ? BigInt(digits) : undefined;
}

function syntaxError(call: string, text: string): NumberSyntaxError {
  return new NumberSyntaxError(`strconv.${call}: parsing ${JSON.stringify(text)}: invalid syntax`);
}

function rangeError(call: string, text: string): NumberSyntaxError {
  return new NumberSyntaxError(`strconv.${call}: parsing ${JSON.stringify(text)}: value out of range`);
}

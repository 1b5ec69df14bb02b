import { TemplateObject } from './template-object.ts';

/** A value as Go's `%v` prints it. */
export function printValue(value: unknown): string {
  if (value === undefined) return '<no value>';
  if (value === null) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(printValue).join(' ')}]`;
  if (typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean')
    return String(value);
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value instanceof TemplateObject) return JSON.stringify(value);
  const entries = Object.keys(value)
    .sort()
    .map(key => `${key}:${printValue((value as Record<string, unknown>)[key])}`);
  return `map[${entries.join(' ')}]`;
}

/** What `if`, `and`, `or`, `not` go by: empty, zero and missing are false. */
export function isTrue(value: unknown): boolean {
  if (value === null || value === undefined) return false;
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof TemplateObject) return true;
  return typeof value === 'object' ? Object.keys(value).length > 0 : Boolean(value);
}

/** A value as Go's encoding/json writes it; Docker escapes HTML in rows, and nowhere else. */
export function printJson(value: unknown): string {
  const text = JSON.stringify(value ?? null);
  const escaped = value instanceof TemplateObject ? /[<>&\u2028\u2029]/g : /[\u2028\u2029]/g;
  return text.replace(escaped, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

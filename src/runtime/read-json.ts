import { decodeJson } from '../base/exact-json.ts';
import { readFileSync } from 'node:fs';
import { EngineError, messageOf } from '../base/errors.ts';
import type { DocumentCheck } from './checks.ts';

/**
 * A JSON document that has passed `check`. Members that are null count as absent, as for Go programs.
 * @param path a file, or a descriptor
 * @throws EngineError invalid-parameter, naming the file, the place in it and what was expected; Node's error
 *   when it cannot be read
 */
export function readJson<T>(path: string | number, name: string, check: DocumentCheck<T>): T {
  return parseJson(readFileSync(path, 'utf8'), name, check);
}

/** @throws EngineError invalid-parameter */
export function parseJson<T>(content: string, name: string, check: DocumentCheck<T>): T {
  let document: unknown;
  try {
    document = decodeJson(content);
  } catch (error) {
    throw new EngineError('invalid-parameter', `${name}: invalid JSON: ${messageOf(error)}`, {
      cause: error,
    });
  }
  if (content.includes('null')) dropNulls(document);
  try {
    check(document, '');
  } catch (error) {
    throw new EngineError('invalid-parameter', `${name}: ${messageOf(error)}`, { cause: error });
  }
  return document as T;
}

function dropNulls(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    if (member === null && !Array.isArray(value)) delete (value as Record<string, unknown>)[key];
    else dropNulls(member);
  }
}

import { EngineError } from '../../base/errors.ts';
import { parseBinarySize } from '../../base/parse-binary-size.ts';
import type { StorageOptions } from '../graph.ts';

/**
 * Reads a driver's part of `--storage-opt`: `known` are the names it has, without `<driver>.` before them.
 * @throws EngineError invalid-parameter in Docker's words
 */
export function readDriverOptions<Name extends string>(
  driver: string,
  options: readonly string[],
  known: readonly Name[],
): Partial<Record<Name, string>> {
  const values: Partial<Record<Name, string>> = {};
  for (const option of options) {
    const [, key = '', value = ''] = /^([^=]*)=(.*)$/s.exec(option) ?? [];
    if (key === '') throw new EngineError('invalid-parameter', `Unable to parse key/value option: ${option}`);
    const name = known.find(candidate => `${driver}.${candidate}` === key.trim().toLowerCase());
    if (name === undefined)
      throw new EngineError('invalid-parameter', `${driver}: unknown option ${key.trim()}`);
    values[name] = value.trim();
  }
  return values;
}

/**
 * The bytes that `docker run --storage-opt size=` allows a container; undefined when it says nothing.
 * @throws EngineError invalid-parameter in Docker's words
 */
export function containerSize(options: StorageOptions): number | undefined {
  let size: number | undefined;
  for (const [key, value] of Object.entries(options)) {
    if (key.toLowerCase() !== 'size') throw new EngineError('invalid-parameter', `Unknown option ${key}`);
    size = parseBinarySize(value);
  }
  return size;
}

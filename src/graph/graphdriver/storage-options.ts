import { EngineError } from '../../base/errors.ts';
import type { StorageOptions } from './graph-driver.ts';

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
 * What `docker run --storage-opt size=` says, undefined when it says nothing.
 * @throws EngineError invalid-parameter for another option; `unknown` makes Docker's words of it
 */
export function sizeOption(
  options: StorageOptions,
  unknown = (key: string) => `Unknown option ${key}`,
): string | undefined {
  const other = Object.keys(options).find(key => key.toLowerCase() !== 'size');
  if (other !== undefined) throw new EngineError('invalid-parameter', unknown(other));
  return Object.values(options)[0];
}

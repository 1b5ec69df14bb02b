import { parseBinarySize } from '../../base/parse-binary-size.ts';
import type { HostConfig } from '../../api/types.ts';
import { invalid } from '../errors.ts';

const OPTIONS = [
  'max-size',
  'max-file',
  'labels',
  'labels-regex',
  'env',
  'env-regex',
  'tag',
  'mode',
  'max-buffer-size',
];

type LogConfig = HostConfig['LogConfig'];

/** @throws EngineError invalid-parameter, in Docker's words */
export function checkLogConfig(config: LogConfig): void {
  const driver = config?.Type || 'json-file';
  if (driver === 'none') return;
  if (driver !== 'json-file') {
    throw invalid(`error looking up logging plugin ${driver}: plugin "${driver}" not found`);
  }
  const options = config?.Config ?? {};
  for (const key of Object.keys(options)) {
    if (!OPTIONS.includes(key)) throw invalid(`unknown log opt '${key}' for json-file log driver`);
  }
  rotation(config);
}

/**
 * How the log file rotates.
 * @throws EngineError invalid-parameter
 */
export function rotation(config: LogConfig): { maxBytes: number; maxFiles: number } {
  const options = config?.Config ?? {};
  const maxBytes = options['max-size'] === undefined ? 0 : parseSize(options['max-size']);
  const maxFiles = options['max-file'] === undefined ? 1 : Number(options['max-file']);
  if (!Number.isSafeInteger(maxFiles)) throw invalid(`invalid max-file: '${options['max-file']}'`);
  if (maxFiles < 1) throw invalid('max-file cannot be less than 1');
  if (maxFiles > 1 && maxBytes === 0) throw invalid("max-file cannot be used without 'max-size'");
  return { maxBytes, maxFiles };
}

/** `-1` is no limit. */
function parseSize(text: string): number {
  return text === '-1' ? 0 : parseBinarySize(text);
}

import type { CompletedHostConfig } from '../../model/host-config.ts';
import { messageOf } from '../../../base/errors.ts';
import { parseBoolean } from '../../../base/go/boolean.ts';
import { compilePattern, patternSize } from '../../../base/go/pattern.ts';
import { parseBinarySize } from '../../../base/parse-binary-size.ts';
import { invalid, prefixed } from '../../model/errors.ts';
import { lookupTable } from '../../../base/lookup-table.ts';

type LogConfig = CompletedHostConfig['LogConfig'];

const MAX_PATTERN_SIZE = 16_384;
/** Those of the cache are Docker's for drivers that cannot be read; here all can. */
const COMMON = [
  'mode',
  'max-buffer-size',
  'cache-disabled',
  'cache-max-size',
  'cache-max-file',
  'cache-compress',
];
const SELECTION = ['labels', 'labels-regex', 'env', 'env-regex', 'tag'];

type LogDriver = {
  options: readonly string[];
  /** How it rotates when nothing is said. */
  maxBytes: number;
  maxFiles: number;
  check(options: Record<string, string>): void;
};

const DRIVERS = lookupTable<LogDriver>({
  'json-file': {
    options: ['max-size', 'max-file', 'compress', ...SELECTION],
    maxBytes: 0,
    maxFiles: 1,
    check: checkJsonFile,
  },
  // Kept in the same files as json-file's: what it promises is that logs are bounded, and can be read.
  local: {
    options: ['max-size', 'max-file', 'compress'],
    maxBytes: 20 * 1024 * 1024,
    maxFiles: 5,
    check: checkLocal,
  },
});

/** @throws EngineError invalid-parameter, in Docker's words */
export function checkLogConfig(config: LogConfig): void {
  const name = config.Type || 'json-file';
  const { Config: options } = config;
  checkMode(options);
  checkCache(options);
  if (name === 'none') return;
  const driver = DRIVERS[name];
  if (driver === undefined) {
    throw invalid(`error looking up logging plugin ${name}: plugin "${name}" not found`);
  }
  for (const key of Object.keys(options)) {
    if (driver.options.includes(key) || COMMON.includes(key)) continue;
    const where = name === 'local' ? 'log driver local' : `${name} log driver`;
    throw invalid(`unknown log opt '${key}' for ${where}`);
  }
  driver.check(options);
}

function checkJsonFile(options: Record<string, string>): void {
  const { 'max-size': size, 'max-file': files = '1', compress = 'false' } = options;
  if (size !== undefined && parseBinarySize(size) === 0) throw invalid('max-size must be a positive number');
  checkMaxFile(files);
  const isRotated = size !== undefined && Number(files) > 1;
  if (boolean(compress) && !isRotated)
    throw invalid('compress cannot be true when max-file is less than 2 or max-size is not set');
}

/** It compresses what it has rotated, unless it is told not to. */
function checkLocal(options: Record<string, string>): void {
  const { 'max-size': size, 'max-file': files = '2', compress = 'true' } = options;
  if (size !== undefined) named(`invalid value for max-size: ${size}`, () => parseBinarySize(size));
  named(`invalid value for max-file: ${files}`, () => checkMaxFile(files));
  const isCompressed = named('error reading compress log option', () => boolean(compress));
  if (isCompressed && Number(files) < 2)
    throw invalid('compression cannot be enabled when max file count is 1');
}

function named<T>(what: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw prefixed(what, error);
  }
}

function checkCache({ 'cache-disabled': disabled }: Record<string, string>): void {
  if (disabled !== undefined && parseBoolean(disabled) === undefined)
    throw invalid(`invalid value for option cache-disabled: ${disabled}`);
}

function boolean(text: string): boolean {
  const value = parseBoolean(text);
  if (value === undefined)
    throw invalid(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
  return value;
}

/** @throws EngineError invalid-parameter, in Docker's words */
export async function checkLogPatterns({ Config: options }: LogConfig): Promise<void> {
  for (const key of ['labels-regex', 'env-regex']) {
    const pattern = options[key];
    if (pattern === undefined) continue;
    if (patternSize(pattern) > MAX_PATTERN_SIZE)
      throw invalid(`error parsing regexp: expression too large: ${pattern.slice(0, 100)}`);
    await compilePattern(pattern).catch(error => {
      throw invalid(messageOf(error));
    });
  }
}

/** Each rotation renames all of them. */
const MAX_FILES = 1000;

function checkMaxFile(text: string): void {
  if (!/^[+-]?\d+$/.test(text))
    throw invalid(`strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  if (Number(text) < 1) throw invalid('max-file cannot be less than 1');
  if (Number(text) > MAX_FILES)
    throw invalid(`invalid max-file: '${text}': at most ${MAX_FILES} files are kept`);
}

function checkMode({ mode = '', 'max-buffer-size': size }: Record<string, string>): void {
  if (!['', 'blocking', 'non-blocking'].includes(mode)) {
    throw invalid(`logger: logging mode not supported: ${mode}`);
  }
  if (size === undefined) return;
  if (mode !== 'non-blocking') {
    throw invalid("logger: max-buffer-size option is only supported with 'mode=non-blocking'");
  }
  named('error parsing option max-buffer-size', () => parseBinarySize(size));
}

/** How the log file rotates, by options that have been checked, be it by an earlier version. */
export function rotation({ Type, Config: options }: LogConfig): {
  maxBytes: number;
  maxFiles: number;
} {
  const defaults = DRIVERS[Type || 'json-file'] ?? { maxBytes: 0, maxFiles: 1 };
  const { 'max-size': size, 'max-file': files = defaults.maxFiles } = options;
  // Earlier versions took -1 for no limit, and any number of files.
  const maxBytes = size === undefined || size === '-1' ? 0 : parseBinarySize(size);
  const wantedFiles = Number(files);
  return {
    maxBytes: maxBytes || defaults.maxBytes,
    maxFiles: Math.min(Math.max(1, wantedFiles || 1), MAX_FILES),
  };
}

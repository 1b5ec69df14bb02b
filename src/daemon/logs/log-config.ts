import { messageOf } from '../../base/errors.ts';
import { compilePattern, patternSize } from '../../base/go/pattern.ts';
import { parseBinarySize } from '../../base/parse-binary-size.ts';
import type { HostConfig } from '../../api/types.ts';
import { invalid } from '../errors.ts';
import { lookupTable } from '../../base/lookup-table.ts';

type LogConfig = HostConfig['LogConfig'];

const MAX_PATTERN_SIZE = 16_384;
const COMMON = ['mode', 'max-buffer-size'];
const SELECTION = ['labels', 'labels-regex', 'env', 'env-regex', 'tag'];

/** Each driver's options, and how it rotates when nothing is said. */
const DRIVERS = lookupTable<{ options: readonly string[]; maxBytes: number; maxFiles: number }>({
  'json-file': { options: ['max-size', 'max-file', 'compress', ...SELECTION], maxBytes: 0, maxFiles: 1 },
  // Kept in the same files as json-file's: what it promises is that logs are bounded, and can be read.
  local: { options: ['max-size', 'max-file', 'compress'], maxBytes: 20 * 1024 * 1024, maxFiles: 5 },
});

/** @throws EngineError invalid-parameter, in Docker's words */
export function checkLogConfig(config: LogConfig): void {
  const name = config?.Type || 'json-file';
  const options = config?.Config ?? {};
  checkMode(options);
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
  checkMaxFile(options['max-file']);
  rotation(config);
}

/** @throws EngineError invalid-parameter, in Docker's words */
export async function checkLogPatterns(config: LogConfig): Promise<void> {
  const options = config?.Config ?? {};
  for (const key of ['labels-regex', 'env-regex']) {
    const pattern = options[key] ?? '';
    if (patternSize(pattern) > MAX_PATTERN_SIZE)
      throw invalid(`error parsing regexp: expression too large: ${pattern.slice(0, 100)}`);
    await compilePattern(pattern).catch(error => {
      throw invalid(messageOf(error));
    });
  }
}

/** Each rotation renames all of them. */
const MAX_FILES = 1000;

function checkMaxFile(text: string | undefined): void {
  if (text === undefined) return;
  if (!/^[+-]?\d+$/.test(text)) throw invalid(`invalid max-file: '${text}'`);
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
    throw invalid("logger: max-buffer-size option is only supported with 'non-blocking' mode");
  }
  parseSize(size);
}

/**
 * How the log file rotates.
 * @throws EngineError invalid-parameter
 */
export function rotation(config: LogConfig): { maxBytes: number; maxFiles: number } {
  const options = config?.Config ?? {};
  const defaults = DRIVERS[config?.Type || 'json-file'] ?? { maxBytes: 0, maxFiles: 1 };
  const maxBytes = options['max-size'] === undefined ? defaults.maxBytes : parseSize(options['max-size']);
  const wantedFiles = Number(options['max-file'] ?? defaults.maxFiles);
  // Containers of earlier versions may ask for any number.
  const maxFiles = Math.min(Math.max(1, wantedFiles || 1), MAX_FILES);
  if (maxFiles > 1 && maxBytes === 0) throw invalid("max-file cannot be used without 'max-size'");
  return { maxBytes, maxFiles };
}

/** `-1` is no limit. */
function parseSize(text: string): number {
  return text === '-1' ? 0 : parseBinarySize(text);
}

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Script } from 'node:vm';
import type * as Bundle from './runtime-bundle.ts';

export const BUNDLE_CACHE = 'runtime.cache';

/**
 * Runs the bundle `runtime.cjs` of a directory, with the code in BUNDLE_CACHE where that was made by this version of
 * Node from this source, as compiling it would be a good part of a short call.
 */
export function loadBundle(directory: string): { script: Script; exports: typeof Bundle } {
  const filename = join(directory, 'runtime.cjs');
  const cache = join(directory, BUNDLE_CACHE);
  const source = readFileSync(filename, 'utf8');
  // As Node wraps a CommonJS module.
  const script = new Script(`(function (exports, require, module, __filename, __dirname) {${source}\n})`, {
    filename,
    ...(existsSync(cache) ? { cachedData: readFileSync(cache) } : {}),
  });
  const module = { exports: {} as typeof Bundle };
  script.runInThisContext()(module.exports, createRequire(filename), module, filename, directory);
  return { script, exports: module.exports };
}

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Script } from 'node:vm';
import type * as Cli from './run-program.ts';
import type * as Runtime from './runtime-bundle.ts';

/** What the programs that people start again and again consist of, each in one file. */
type Bundles = { cli: typeof Cli; runtime: typeof Runtime };

/** What V8 has made of a bundle. */
export function bundleCache(directory: string, name: keyof Bundles): string {
  return join(directory, `${name}.cache`);
}

/**
 * Runs a bundle of a directory, with the code in its cache where that was made by this version of Node from this
 * source, as compiling it would be a good part of a short call.
 */
export function loadBundle<N extends keyof Bundles>(
  directory: string,
  name: N,
): { script: Script; exports: Bundles[N] } {
  const filename = join(directory, `${name}.cjs`);
  const cache = bundleCache(directory, name);
  const source = readFileSync(filename, 'utf8');
  // As Node wraps a CommonJS module.
  const script = new Script(`(function (exports, require, module, __filename, __dirname) {${source}\n})`, {
    filename,
    ...(existsSync(cache) ? { cachedData: readFileSync(cache) } : {}),
  });
  const module = { exports: {} as Bundles[N] };
  script.runInThisContext()(module.exports, createRequire(filename), module, filename, directory);
  return { script, exports: module.exports };
}

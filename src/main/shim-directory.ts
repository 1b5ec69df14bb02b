import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Where the native programs are: one level above the bundle, two above the sources. A package has, beside those of the
 * machine that it was made on, those of other architectures, each in a directory of its own.
 */
export const SHIM_DIRECTORY = ['../../shim/bin', '../shim/bin']
  .flatMap(path => [`${path}/${process.arch}`, path])
  .map(path => fileURLToPath(new URL(path, import.meta.url)))
  .reduce((found, path) => (existsSync(found) ? found : path));

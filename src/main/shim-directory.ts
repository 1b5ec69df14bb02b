import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Where the native programs are: one level above the bundle, two above the sources. */
export const SHIM_DIRECTORY = ['../../shim/bin', '../shim/bin']
  .map(path => fileURLToPath(new URL(path, import.meta.url)))
  .reduce((found, path) => (existsSync(found) ? found : path));

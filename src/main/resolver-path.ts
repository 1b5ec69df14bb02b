import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The resolver's program: beside the bundle, or beside this source. */
export const RESOLVER_PATH = ['./resolver.js', './resolver.ts']
  .map(path => fileURLToPath(new URL(path, import.meta.url)))
  .reduce((found, path) => (existsSync(found) ? found : path));

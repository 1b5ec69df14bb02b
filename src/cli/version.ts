import { readFileSync } from 'node:fs';

/** The package's version. package.json is one level above the bundle, two above the sources. */
export const VERSION: string = readVersion(['../package.json', '../../package.json']);

function readVersion(paths: string[]): string {
  for (const path of paths) {
    try {
      return (JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as { version: string })
        .version;
    } catch {
      // The other place, then.
    }
  }
  return 'unknown';
}

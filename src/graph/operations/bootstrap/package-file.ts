import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A file of this package, whether the sources run or a bundle. Undefined when it is missing. */
export function packageFile(path: string): string | undefined {
  for (let directory = new URL('.', import.meta.url); ; directory = new URL('..', directory)) {
    const file = fileURLToPath(new URL(path, directory));
    if (existsSync(file)) return file;
    if (directory.pathname === '/') return undefined;
  }
}

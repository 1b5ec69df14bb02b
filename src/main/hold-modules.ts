import { openSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { registerHooks } from 'node:module';

/** Many modules are mere ways into others, of which there is no need to have descriptors. */
const SMALL_BYTES = 1024;

/**
 * Keeps the modules of a bundle, for those that are loaded only once they are needed: the package may be replaced or
 * removed while the daemon runs. Of sources it does nothing.
 */
export function holdModules(): void {
  if (import.meta.url.endsWith('.ts')) return;
  const held = new Map<string, () => Buffer>();
  for (const name of readdirSync(import.meta.dirname)) {
    const url = new URL(name, import.meta.url);
    if (name.endsWith('.js')) held.set(url.href, reader(url));
  }
  registerHooks({
    resolve(specifier, context, next) {
      const url = URL.parse(specifier, context.parentURL)?.href ?? '';
      return held.has(url) ? { url, format: 'module', shortCircuit: true } : next(specifier, context);
    },
    load(url, context, next) {
      const read = held.get(url);
      return read ? { format: 'module', source: read(), shortCircuit: true } : next(url, context);
    },
  });
}

function reader(file: URL): () => Buffer {
  if (statSync(file).size < SMALL_BYTES) {
    const content = readFileSync(file);
    return () => content;
  }
  const descriptor = openSync(file, 'r');
  return () => readFileSync(`/proc/self/fd/${descriptor}`);
}

/**
 * The program `slipway-runtime` as installed, its first argument what it was called as: runtime-bundle.ts in one file,
 * and its code in another.
 */
import { join } from 'node:path';
import { loadBundle } from './load-bundle.ts';
import { SHIM_DIRECTORY } from './shim-directory.ts';

// The one thing done on another thread is waiting for a process.
process.env.UV_THREADPOOL_SIZE ??= '1';
const { runRuntime, exitAtOnce } = loadBundle(import.meta.dirname, 'runtime').exports;
const [name = 'slipway-runtime', ...words] = process.argv.slice(2);
void runRuntime(words, { name, shimPath: join(SHIM_DIRECTORY, 'slipway-shim') }).then(exitAtOnce);

/** The program `slipway-runtime` as installed: runtime-bundle.ts in one file, and its code in another. */
import { join } from 'node:path';
import { loadBundle } from './load-bundle.ts';
import { SHIM_DIRECTORY } from './shim-directory.ts';

// The one thing done on another thread is waiting for a process.
process.env.UV_THREADPOOL_SIZE ??= '1';
const { runRuntime, exitAtOnce } = loadBundle(import.meta.dirname).exports;
void runRuntime(process.argv.slice(2), join(SHIM_DIRECTORY, 'slipway-shim')).then(exitAtOnce);

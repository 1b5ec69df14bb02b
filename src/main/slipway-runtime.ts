/** The program `slipway-runtime`. */
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { cacheDirectory } from './cache-directory.ts';
import { SHIM_DIRECTORY } from './shim-directory.ts';

enableCompileCache(cacheDirectory());
const { runRuntime } = await import('../runtime/run-runtime.ts');
process.exit(await runRuntime(process.argv.slice(2), join(SHIM_DIRECTORY, 'slipway-shim')));

/** The program `slipway-runtime`. Without top-level await, since it is bundled as CommonJS, which loads faster. */
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { cacheDirectory } from './cache-directory.ts';
import { SHIM_DIRECTORY } from './shim-directory.ts';

enableCompileCache(cacheDirectory());
void import('../runtime/run-runtime.ts')
  .then(({ runRuntime }) => runRuntime(process.argv.slice(2), join(SHIM_DIRECTORY, 'slipway-shim')))
  .then(code => process.exit(code));

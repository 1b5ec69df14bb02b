/** The program `slipway-runtime`; its first argument is what it was called as. Without top-level await, since it is bundled as CommonJS, which loads faster. */
import { join } from 'node:path';
import { cacheCode } from './cache-code.ts';
import { SHIM_DIRECTORY } from './shim-directory.ts';

cacheCode();
const [name = 'slipway-runtime', ...words] = process.argv.slice(2);
const shimPath = join(SHIM_DIRECTORY, 'slipway-shim');
void import('../runtime/run-runtime.ts')
  .then(({ runRuntime }) => runRuntime(words, { name, shimPath }))
  .then(code => process.exit(code));

import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { SHIM_DIRECTORY } from './shim-directory.ts';

// Compiling is most of what a short command would do.
enableCompileCache();
const { runRuntime } = await import('../runtime/run-runtime.ts');
process.exitCode = await runRuntime(process.argv.slice(2), join(SHIM_DIRECTORY, 'slipway-shim'));

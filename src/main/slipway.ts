/** The program `slipway`, from its sources. */
import { fileURLToPath } from 'node:url';
import { cacheCode } from './cache-code.ts';

cacheCode();
const { runProgram } = await import('./run-program.ts');
const script = fileURLToPath(import.meta.url);
const parts = { script, daemon: () => import('./daemon.ts'), registry: () => import('./registry.ts') };
process.exit(await runProgram(process.argv.slice(2), parts));

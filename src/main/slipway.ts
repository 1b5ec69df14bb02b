/** The program `slipway`, from its sources. */
import { fileURLToPath } from 'node:url';
import { cacheCode } from './cache-code.ts';

cacheCode();
const { runProgram } = await import('./run-program.ts');
const script = fileURLToPath(import.meta.url);
process.exit(await runProgram(process.argv.slice(2), { script, daemon: () => import('./daemon.ts') }));

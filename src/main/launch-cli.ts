/** The program `slipway` as installed: run-program.ts in one file, its code in another; and the daemon apart. */
import { join } from 'node:path';
import type * as Daemon from './daemon.ts';
import { cacheCode } from './cache-code.ts';
import { loadBundle } from './load-bundle.ts';

const directory = import.meta.dirname;
const { runProgram } = loadBundle(directory, 'cli').exports;

async function daemon(): Promise<typeof Daemon> {
  cacheCode();
  return (await import(join(directory, 'daemon.js'))) as typeof Daemon;
}

const script = join(directory, 'slipway.cjs');
void runProgram(process.argv.slice(2), { script, daemon }).then(code => process.exit(code));

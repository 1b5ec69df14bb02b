/** The program `slipway` as installed: run-program.ts in one file, its code in another; and daemon and registry apart. */
import { join } from 'node:path';
import type * as Daemon from './daemon.ts';
import type * as Registry from './registry.ts';
import { cacheCode } from './cache-code.ts';
import { loadBundle } from './load-bundle.ts';

const directory = import.meta.dirname;
const { runProgram } = loadBundle(directory, 'cli').exports;

async function daemon(): Promise<typeof Daemon> {
  cacheCode();
  return (await import(join(directory, 'daemon.js'))) as typeof Daemon;
}

async function registry(): Promise<typeof Registry> {
  cacheCode();
  return (await import(join(directory, 'registry.js'))) as typeof Registry;
}

const script = join(directory, 'slipway.cjs');
void runProgram(process.argv.slice(2), { script, daemon, registry }).then(code => process.exit(code));

/** Writes what V8 makes of runtime.cjs in a directory beside it, with the functions that making a container needs. Prints a plan. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { BUNDLE_CACHE, loadBundle } from '../src/main/load-bundle.ts';

const dist = resolve(process.argv[2] ?? 'dist');
const bundle = mkdtempSync(join(tmpdir(), 'slipway-bundle-'));
const { script, exports } = loadBundle(dist);
const run = (...words: string[]) =>
  exports.runRuntime(['--root', join(bundle, 'state'), ...words], {
    name: 'slipway-runtime',
    shimPath: '/nowhere',
  });
await run('spec', '--bundle', bundle);
for (const name of ['rootfs', 'state']) mkdirSync(join(bundle, name));
await run('list', '--quiet');
await run('plan', bundle);
writeFileSync(join(dist, BUNDLE_CACHE), script.createCachedData());
rmSync(bundle, { recursive: true });

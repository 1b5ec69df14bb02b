/**
 * Writes what V8 makes of the bundles in a directory beside them, with the functions that common calls need: making a
 * container with the one, asking the daemon with the other. Prints what those print.
 */
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { bundleCache, loadBundle } from '../src/main/load-bundle.ts';

const dist = resolve(process.argv[2] ?? 'dist');
const work = mkdtempSync(join(tmpdir(), 'slipway-bundle-'));
await cacheRuntime();
await cacheCli();
rmSync(work, { recursive: true });

async function cacheRuntime(): Promise<void> {
  const { script, exports } = loadBundle(dist, 'runtime');
  const run = (...words: string[]) =>
    exports.runRuntime(['--root', join(work, 'state'), ...words], {
      name: 'slipway-runtime',
      shimPath: '/nowhere',
    });
  await run('spec', '--bundle', work);
  for (const name of ['rootfs', 'state']) mkdirSync(join(work, name));
  await run('list', '--quiet');
  await run('plan', work);
  writeFileSync(bundleCache(dist, 'runtime'), script.createCachedData());
}

async function cacheCli(): Promise<void> {
  const { script, exports } = loadBundle(dist, 'cli');
  const socket = join(work, 'daemon.sock');
  const server = createServer((request, response) => {
    request.resume();
    if (request.method === 'GET' && /\/json(\?|$)/.test(request.url ?? '')) response.end('[]');
    else response.writeHead(404).end('{"message":"there is nothing"}');
  });
  await once(server.listen(socket), 'listening');
  const daemon = () => Promise.reject(new TypeError('no daemon is run here'));
  for (const words of ['ps', 'images', 'run --pull never hello', 'exec -i c true', 'rm c', 'logs c'])
    await exports.runProgram(['-H', `unix://${socket}`, ...words.split(' ')], {
      script: '',
      daemon,
      registry: daemon,
    });
  writeFileSync(bundleCache(dist, 'cli'), script.createCachedData());
  server.close();
  server.closeAllConnections();
}

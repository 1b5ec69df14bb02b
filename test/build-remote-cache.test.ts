/** Caches that builds take from elsewhere, and leave there. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { digestOf } from '../src/base/digest.ts';
import { type ClientBuild, clientBuild } from './fixtures/buildkit-client.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';
import { RegistryProcess } from './fixtures/registry-process.ts';

const registry = new RegistryProcess();
let first: DaemonProcess;
let second: DaemonProcess;

before(async () => {
  first = await DaemonProcess.startWithBusybox();
  second = await first.another();
  await second.slipwayOut('image', 'bootstrap', 'busybox');
  await registry.start(first.namespacePid);
});
after(async () => {
  await registry.dispose();
  await second.dispose();
  await first.dispose();
});

const DOCKERFILE = `FROM busybox AS made
RUN head -c 100000 /dev/urandom > /random && echo made > /out
FROM busybox
COPY f /f
COPY --from=made /out /out
RUN date +%N > /when
`;

const build = (daemon: DaemonProcess, more: Partial<ClientBuild> = {}, Dockerfile = DOCKERFILE) =>
  clientBuild(join(daemon.base, 'slipway.sock'), {
    exporter: { type: 'moby', attributes: {} },
    directories: { dockerfile: { Dockerfile }, context: { f: 'content' } },
    ...more,
  });

const cached = (steps: string[]) =>
  steps.filter(step => step.endsWith(' cached')).map(step => /\] (\w+)/.exec(step)?.[1] ?? '');
const idOf = ({ response }: { response: Record<string, string> }) => response['containerimage.digest'];
const registryCache = (name: string, more: Record<string, string> = {}) => ({
  type: 'registry',
  attributes: { ref: `${registry.host}/${name}`, ...more },
});

for (const mode of ['min', 'max'])
  test(`what one daemon has built, another one takes from a registry's cache (mode=${mode}), and its image is the same`, async () => {
    await build(second, { exporter: [] }, 'FROM busybox');
    const cache = registryCache(`cache-${mode}`);
    const made = await build(first, { cacheExports: [registryCache(`cache-${mode}`, { mode })] });
    await second.api('POST', '/build/prune?all=1');
    const { BuildCache: before } = (await second.api('GET', '/system/df')) as { BuildCache: unknown[] };
    assert.deepEqual(before, []);
    const taken = await build(second, { cacheImports: [cache] });
    assert.deepEqual(cached(taken.steps).toSorted(), ['COPY', 'COPY', 'RUN', 'RUN']);
    assert.equal(idOf(taken), idOf(made));
    await second.api('DELETE', `/images/${idOf(taken)}`);
  });

test('what was taken is the own cache from then on, and only what was needed was fetched', async () => {
  await second.api('POST', '/build/prune?all=1');
  await build(first, { cacheExports: [registryCache('lazy', { mode: 'max' })] });
  await build(second, { cacheImports: [registryCache('lazy')], exporter: [] });
  const { BuildCache } = (await second.api('GET', '/system/df')) as {
    BuildCache: { Description: string }[];
  };
  const described = BuildCache.map(({ Description }) => Description).toSorted();
  assert.deepEqual(described, ['COPY --from=made /out /out', 'COPY f /f', 'RUN date +%N > /when']);
  assert.deepEqual(cached((await build(second, { exporter: [] })).steps).length, 3);
});

test('a step behind a stage that the cache has not got is made anew, with that stage', async () => {
  await second.api('POST', '/build/prune?all=1');
  await build(first, { cacheExports: [registryCache('partial')] });
  const changed = DOCKERFILE.replace('/out /out', '/random /random');
  const { steps } = await build(second, { cacheImports: [registryCache('partial')], exporter: [] }, changed);
  assert.deepEqual(cached(steps.slice(-4)), ['COPY']);
});

test('an image carries its cache itself', async () => {
  await second.api('POST', '/build/prune?all=1');
  const name = `${registry.host}/inline:1`;
  const exporter = { type: 'registry', attributes: { name } };
  await build(first, { exporter, cacheExports: [{ type: 'inline', attributes: {} }] });
  const { steps } = await build(second, { cacheImports: [registryCache('inline:1')], exporter: [] });
  assert.deepEqual(cached(steps).toSorted(), ['COPY', 'COPY', 'RUN', 'RUN']);
});

test("a directory of the client's holds a cache", async () => {
  await second.api('POST', '/build/prune?all=1');
  const stores = { 'local:cache': new Map<string, Buffer>() };
  const local = { type: 'local', attributes: { dest: 'cache', mode: 'max' } };
  const { response } = await build(first, { stores, cacheExports: [local] });
  const { digest } = JSON.parse(response['cache.manifest'] ?? '') as { digest: string };
  for (const [name, content] of stores['local:cache']) assert.equal(digestOf(content), name);
  const cacheImports = [{ type: 'local', attributes: { src: 'cache', digest } }];
  const { steps } = await build(second, { stores, cacheImports, exporter: [] });
  assert.deepEqual(cached(steps).toSorted(), ['COPY', 'COPY', 'RUN', 'RUN']);
  // What the directory has is not sent again, and is no failure.
  await build(first, { stores, cacheExports: [local] });
});

test('caches that are missing and damaged are told of, and the good one is used', async () => {
  await second.api('POST', '/build/prune?all=1');
  await build(first, { cacheExports: [registryCache('good', { mode: 'max' })] });
  const damaged = `FROM scratch\nCOPY f /f`;
  await build(
    first,
    { exporter: { type: 'registry', attributes: { name: `${registry.host}/other:1` } } },
    damaged,
  );
  const cacheImports = [registryCache('missing'), registryCache('other:1'), registryCache('good')];
  const { steps } = await build(second, { cacheImports, exporter: [] });
  assert.deepEqual(cached(steps).length, 4);
  const [missing] = steps.filter(step => step.includes('/missing'));
  assert.match(missing ?? '', /^importing cache manifest from .*not known to registry/);
});

test('a layer that its cache has lost is made anew, and the build succeeds', async () => {
  await second.api('POST', '/build/prune?all=1');
  const stores = { 'local:cache': new Map<string, Buffer>() };
  const cacheExports = [{ type: 'local', attributes: { dest: 'cache', mode: 'max' } }];
  const { response } = await build(first, { stores, cacheExports });
  const { digest } = JSON.parse(response['cache.manifest'] ?? '') as { digest: string };
  const blob = (name: string) => stores['local:cache'].get(name) ?? Buffer.alloc(0);
  const { layers } = JSON.parse(blob(digest).toString()) as { layers: { digest: string }[] };
  for (const layer of layers) stores['local:cache'].set(layer.digest, Buffer.from('damaged'));
  const cacheImports = [{ type: 'local', attributes: { src: 'cache', digest } }];
  const { response: made } = await build(second, { stores, cacheImports });
  assert.match(made['containerimage.digest'] ?? '', /^sha256:/);
});

test('an export that fails fails the build, unless it may', async () => {
  const nowhere = (more = {}) => [{ type: 'registry', attributes: { ref: '127.0.0.1:1/x', ...more } }];
  await assert.rejects(build(first, { cacheExports: nowhere() }), /127\.0\.0\.1:1/);
  await build(first, { cacheExports: nowhere({ 'ignore-error': 'true' }) });
});

for (const type of ['gha', 's3', 'azblob'])
  test(`type=${type} is refused by its name`, async () => {
    const cacheExports = [{ type, attributes: {} }];
    await assert.rejects(build(first, { cacheExports }), new RegExp(`unknown cache exporter: "${type}"`));
    const { steps } = await build(first, { cacheImports: [{ type, attributes: {} }] });
    assert.ok(steps.some(step => step.includes(`unknown cache importer: ${type}`)));
  });

/** A registry that serves the images of an engine, from the engine's own directory. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { digestOf, hexOf } from '../src/base/digest.ts';
import { DiscardedBlobs } from '../src/graph/operations/discarded-blobs.ts';
import { openGraph } from '../src/graph/open-graph.ts';
import { OCI_LAYER } from '../src/oci/image-spec.ts';
import { hostArchitecture } from '../src/oci/platform.ts';
import { TestRegistry } from '../src/registry/server/testing/test-registry.ts';
import { Layout, named, tarOf } from './fixtures/image-archives.ts';

const PLATFORM = { os: 'linux', architecture: hostArchitecture() };

async function engine(t: TestContext, discardBlobs = false) {
  const directory = mkdtempSync('/tmp/slipway-registry-engine-');
  const graph = await openGraph({ root: join(directory, 'graph'), discardBlobs });
  t.after(async () => {
    await graph.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return { directory, content: join(directory, 'graph/content'), graph };
}

test("an engine's images are served from its own directory, and come back the same", async t => {
  const { graph, content } = await engine(t);
  const layout = new Layout();
  const entry = layout.image([tarOf({ hello: 'world' })], PLATFORM, named('engine:1'));
  await graph.load(Readable.from([layout.tar([entry])]), () => undefined);
  const registry = await TestRegistry.start(t, { layout: content });
  const answer = await registry.ask('GET /v2/library/engine/manifests/1');
  assert.equal(answer.headers['docker-content-digest'], entry.digest);
  const { config, layers } = answer.json as { config: { digest: string }; layers: { digest: string }[] };
  for (const { digest } of [config, ...layers])
    assert.equal(digestOf((await registry.ask(`GET /v2/engine/blobs/${digest}`)).body), digest);
  await graph.tag('engine:1', 'other:2');
  assert.equal((await registry.ask('GET /v2/other/manifests/2')).status, 200);
});

test('layers that an engine has discarded are made again, once for all who ask, and verified', async t => {
  const { graph, directory, content } = await engine(t, true);
  const discarded = await DiscardedBlobs.open(join(directory, 'graph'));
  t.after(() => discarded.close());
  const layout = new Layout();
  const tar = tarOf({ random: randomBytes(600_000), text: 'hello' });
  const data = gzipSync(tar);
  const packed = [{ data, mediaType: `${OCI_LAYER}+gzip` }];
  const entry = layout.image([tar], PLATFORM, { ...named('engine:1'), packed });
  await graph.load(Readable.from([layout.tar([entry])]), () => undefined);
  // Discarding is over when this is.
  await graph.check({ repair: false, layers: false });
  const layer = digestOf(data);
  assert.ok(!existsSync(join(content, 'blobs/sha256', hexOf(layer))));
  let count = 0;
  const registry = await TestRegistry.start(t, {
    layout: content,
    discarded: {
      sizeOf: digest => discarded.sizeOf(digest),
      rebuild(digest) {
        count++;
        return discarded.rebuild(digest);
      },
    },
  });
  const path = `/v2/engine/blobs/${layer}`;
  const head = await registry.ask(`HEAD ${path}`);
  assert.deepEqual([head.status, head.headers['content-length'], count], [200, String(data.length), 0]);
  const answers = await Promise.all(Array.from({ length: 4 }, () => registry.ask(`GET ${path}`)));
  for (const { body } of answers) assert.equal(digestOf(body), layer);
  const range = await registry.ask(`GET ${path}`, { headers: { range: 'bytes=100-199' } });
  assert.ok(range.body.equals(data.subarray(100, 200)));
  assert.equal(count, 1);
  assert.deepEqual(readdirSync(join(registry.root, 'uploads')), []);
});

test('engine and registry have what both need once, and neither takes it from the other', async t => {
  const { graph, content } = await engine(t);
  const layout = new Layout();
  const tars = [tarOf({ one: randomBytes(5000) }), tarOf({ two: randomBytes(5000) })];
  const layers = tars.map(tar => digestOf(tar));
  const names = ['first', 'second'];
  const entries = tars.map((tar, index) => layout.image([tar], PLATFORM, named(`${names[index]}:1`)));
  await graph.load(Readable.from([layout.tar(entries)]), () => undefined);
  const registry = await TestRegistry.start(t, { layout: content, graceMs: 0 });
  for (const [index, digest] of layers.entries()) {
    const mount = `POST /v2/app/blobs/uploads/?mount=${digest}&from=library/${names[index]}`;
    assert.equal((await registry.ask(mount)).status, 201);
  }
  const links = (root: string) =>
    layers.map(
      digest => statSync(join(root, 'blobs/sha256', hexOf(digest)), { throwIfNoEntry: false })?.nlink,
    );
  assert.deepEqual(links(content), [2, 2]);
  await graph.remove('first:1', { force: true, noPrune: false, usersOf: () => [] });
  assert.equal(digestOf((await registry.ask(`GET /v2/app/blobs/${layers[0]}`)).body), layers[0]);
  await registry.server.collectGarbage();
  assert.deepEqual(
    [links(content), links(registry.root)],
    [
      [undefined, 1],
      [undefined, undefined],
    ],
  );
  assert.deepEqual((await graph.check({ repair: false, layers: false })).findings, []);
});

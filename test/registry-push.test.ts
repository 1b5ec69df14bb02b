/** Pushes from a graph, to a registry that does what it is told to. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Platform, ProgressMessage } from '../src/api/types.ts';
import { digestOf } from '../src/base/digest.ts';
import { pullImage } from '../src/daemon/image/distribution/pull-image.ts';
import { pushImage } from '../src/daemon/image/distribution/push-image.ts';
import { TestDaemon } from '../src/daemon/testing/test-daemon.ts';
import type { Graph } from '../src/graph/graph.ts';
import { openGraph } from '../src/graph/open-graph.ts';
import { decodeManifest } from '../src/oci/decode-oci.ts';
import { FakeRegistry, sendRegistryError } from '../src/registry/testing/fake-registry.ts';
import { tarOf } from './fixtures/image-archives.ts';

type Place = { graph: Graph; root: string; test: TestDaemon; registry: FakeRegistry };

async function place(t: TestContext): Promise<Place> {
  const root = fs.mkdtempSync('/tmp/slipway-push-');
  const graph = await openGraph({ root });
  t.after(async () => {
    await graph.close();
    fs.rmSync(root, { recursive: true, force: true });
  });
  return { graph, root, test: await TestDaemon.open(t, graph), registry: await FakeRegistry.start(t) };
}

const signal = new AbortController().signal;

async function push(
  { test, registry }: Place,
  name: string,
  { tag = '', platform, into = [] }: { tag?: string; platform?: Platform; into?: ProgressMessage[] } = {},
): Promise<ProgressMessage[]> {
  const request = { image: `${registry.host}/${name}`, tag, platform, auth: {}, signal };
  await pushImage(test.daemon, request, message => void into.push(message));
  return into;
}

async function pull({ test, registry }: Place, name: string): Promise<void> {
  const request = { image: `${registry.host}/${name}`, tag: '', auth: {}, signal };
  await pullImage(test.daemon, request, () => undefined);
}

function importTar({ graph, registry }: Place, name: string, tar: Buffer) {
  const options = { reference: `${registry.host}/${name}`, message: '', changes: [] };
  return graph.import(Readable.from([tar]), options);
}

const TAR = tarOf({ file: 'x'.repeat(100_000) });

test('what came from a registry goes back as it came, and into another repository by a mount', async t => {
  const own = await place(t);
  const packed = gzipSync(TAR);
  const { manifest } = own.registry.addImage('one:1', [packed], { diffIds: [digestOf(TAR)] });
  await pull(own, 'one:1');
  await own.graph.tag(`${own.registry.host}/one:1`, `${own.registry.host}/two:2`);
  const messages = await push(own, 'two', { tag: '2' });
  assert.equal(digestOf(own.registry.manifests.get('two:2')?.raw ?? ''), manifest.digest);
  assert.deepEqual(messages, [
    { status: `The push refers to repository [${own.registry.host}/two]` },
    { status: 'Preparing', progressDetail: {}, id: digestOf(TAR).slice(7, 19) },
    { status: 'Layer already exists', progressDetail: {}, id: digestOf(TAR).slice(7, 19) },
    { status: `2: digest: ${manifest.digest} size: ${manifest.size}` },
    { progressDetail: {}, aux: { Tag: '2', Digest: manifest.digest, Size: manifest.size } },
  ]);
  own.registry.intercept = (request, response) => {
    if (request.method !== 'HEAD') return false;
    response.writeHead(404).end();
    return true;
  };
  const mounted = await push(own, 'two', { tag: '2' });
  assert.ok(mounted.some(({ status }) => status === 'Mounted from one'));
});

test('layers of an image that was made here are compressed, and nothing of that is left', async t => {
  const own = await place(t);
  const id = await importTar(own, 'made:1', TAR);
  const before = fs.readdirSync(`${own.root}/content/blobs/sha256`).sort();
  await push(own, 'made:1');
  assert.deepEqual(fs.readdirSync(`${own.root}/content/blobs/sha256`).sort(), before);
  const raw = own.registry.manifests.get('made:1')?.raw ?? Buffer.alloc(0);
  const [layer] = decodeManifest(raw).layers;
  assert.equal(layer?.mediaType, 'application/vnd.oci.image.layer.v1.tar+gzip');
  assert.ok((layer?.size ?? TAR.length) < TAR.length / 10);
  const image = await own.graph.resolve(id);
  assert.deepEqual(image.repoDigests, [`${own.registry.host}/made@${digestOf(raw)}`]);
  // A second time it is known what the layer has become.
  const messages = await push(own, 'made:1');
  assert.ok(messages.some(({ status }) => status === 'Layer already exists'));
  assert.equal(own.registry.count('PATCH', '/'), 2);
  // Somebody else gets the same image.
  await own.graph.remove(id, { force: true, noPrune: false, usersOf: () => [] });
  await pull(own, 'made:1');
  assert.equal((await own.graph.resolve(`${own.registry.host}/made:1`)).id, id);
});

test('what a layer was sent as is known after a restart: it is not compressed once more', async t => {
  const own = await place(t);
  await importTar(own, 'made:1', TAR);
  await push(own, 'made:1');
  const [sent] = decodeManifest(own.registry.manifests.get('made:1')?.raw ?? Buffer.alloc(0)).layers;
  await own.test.close();
  await own.test.open();
  const ingest = t.mock.method(own.graph.content, 'ingest');
  await push(own, 'made:1');
  assert.equal(ingest.mock.callCount(), 0);
  const [again] = decodeManifest(own.registry.manifests.get('made:1')?.raw ?? Buffer.alloc(0)).layers;
  assert.deepEqual(again, sent);
  // A registry that has lost it gets it.
  own.registry.blobs.delete(sent?.digest ?? '');
  await push(own, 'made:1');
  assert.equal(ingest.mock.callCount(), 1);
  assert.ok(own.registry.blobs.has(sent?.digest ?? ''));
});

test('without a tag all tags of the name go, and names that begin alike do not', async t => {
  const own = await place(t);
  await importTar(own, 'made:1', TAR);
  const { host } = own.registry;
  for (const name of ['made:2', 'made-not:1', 'made/not:1'])
    await own.graph.tag(`${host}/made:1`, `${host}/${name}`);
  await push(own, 'made');
  assert.deepEqual(
    [...own.registry.manifests.keys()].filter(key => !key.includes('@')),
    ['made:1', 'made:2'],
  );
});

test('what is not here is told as Docker does, as a line', async t => {
  const own = await place(t);
  await importTar(own, 'made:1', TAR);
  const { host } = own.registry;
  const first = { status: `The push refers to repository [${host}/made]` };
  const into: ProgressMessage[] = [];
  await assert.rejects(push(own, 'made', { tag: 'no', into }), {
    message: `tag does not exist: ${host}/made:no`,
  });
  assert.deepEqual(into, [first]);
  await assert.rejects(push(own, 'none'), {
    message: `An image does not exist locally with the tag: ${host}/none`,
  });
  await assert.rejects(push(own, `made@${digestOf('x')}`), {
    kind: 'invalid-parameter',
    message: 'cannot push a digest reference',
  });
  await assert.rejects(push(own, 'made', { tag: 'a b' }), {
    kind: 'invalid-parameter',
    message: 'invalid tag format',
  });
  const platform = { os: 'linux', architecture: 's390x' };
  await assert.rejects(push(own, 'made', { tag: '1', platform }), {
    kind: 'not-found',
    message:
      /was found but its platform \(linux\/\w+\) does not match the specified platform \(linux\/s390x\)/,
  });
});

test('a refusal is the error that is told, and content stays readable while it is sent', async t => {
  const own = await place(t);
  const id = await importTar(own, 'made:1', tarOf({ file: randomBytes(200_000) }));
  own.registry.intercept = (request, response) => {
    if (request.method !== 'POST') return false;
    sendRegistryError(response, 403, 'DENIED', 'not yours');
    return true;
  };
  await assert.rejects(push(own, 'made:1'), {
    kind: 'forbidden',
    message: 'denied: not yours',
  });
  assert.deepEqual(own.graph.leases.list(), []);
  own.registry.intercept = async request => {
    if (request.method === 'POST')
      await own.graph.remove(id, { force: true, noPrune: false, usersOf: () => [] }).catch(() => undefined);
    return false;
  };
  // The image has gone meanwhile, but what was promised has been sent.
  await push(own, 'made:1');
  assert.ok(own.registry.manifests.has('made:1'));
});

test('two pushes at once send each blob once', async t => {
  const own = await place(t);
  await importTar(own, 'made:1', TAR);
  await push(own, 'made:1');
  own.registry.blobs.clear();
  const sent = own.registry.count('PATCH', '/');
  await own.graph.tag(`${own.registry.host}/made:1`, `${own.registry.host}/made:2`);
  await Promise.all([push(own, 'made:1'), push(own, 'made:2')]);
  const [one, two] = ['1', '2'].map(tag => own.registry.manifests.get(`made:${tag}`)?.raw);
  assert.deepEqual(one, two);
  assert.ok(own.registry.count('PATCH', '/') - sent <= 4);
  for (const { digest } of decodeManifest(one ?? Buffer.alloc(0)).layers)
    assert.ok(own.registry.blobs.has(digest));
});

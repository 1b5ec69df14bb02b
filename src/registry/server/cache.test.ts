import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { until } from '../../base/testing/until.ts';
import { OCI_INDEX, OCI_MANIFEST } from '../../oci/image-spec.ts';
import { DEFAULT_PATIENCE } from '../client/registry-options.ts';
import { FakeRegistry, sendRegistryError } from '../testing/fake-registry.ts';
import { parseUpstream } from './upstreams.ts';
import type { RegistryServerOptions } from './open-registry.ts';
import { type Answer, codeOf, sha256, TestRegistry } from './testing/test-registry.ts';

const IMPATIENT = { ...DEFAULT_PATIENCE, retryMs: 1, attempts: 2 };

type Pair = { upstream: FakeRegistry; registry: TestRegistry; options: Partial<RegistryServerOptions> };

/** A registry that has `up/…` from another one. */
async function start(t: TestContext, more: Partial<RegistryServerOptions> = {}): Promise<Pair> {
  const upstream = await FakeRegistry.start(t);
  const options = {
    upstreams: [parseUpstream(`up=${upstream.host}`)],
    client: { patience: IMPATIENT },
    freshMs: 0,
    ...more,
  };
  return { upstream, options, registry: await TestRegistry.start(t, options) };
}

const status = (answer: Answer) => `${answer.status} ${codeOf(answer) ?? ''}`.trim();
const down = (upstream: FakeRegistry, code = 503) => {
  upstream.intercept = (_, response) => {
    sendRegistryError(response, code, code === 429 ? 'TOOMANYREQUESTS' : 'UNAVAILABLE', 'not now');
    return true;
  };
};

test('what is asked for is fetched once, verified, and served from here afterwards', async t => {
  const { upstream, registry } = await start(t);
  const layer = randomBytes(500_000);
  const image = upstream.addImage('team/app:1', [layer]);
  for (let time = 0; time < 3; time++) {
    const answer = await registry.ask('GET /v2/up/team/app/manifests/1');
    assert.equal(answer.status, 200, String(answer.body));
    assert.equal(sha256(answer.body), image.manifest.digest);
    const blob = await registry.ask(`GET /v2/up/team/app/blobs/${sha256(layer)}`);
    assert.ok(blob.body.equals(layer));
    const part = await registry.ask(`GET /v2/up/team/app/blobs/${sha256(layer)}`, {
      headers: { range: 'bytes=10-19' },
    });
    assert.ok(part.body.equals(layer.subarray(10, 20)));
  }
  assert.equal(upstream.count('GET', '/manifests/'), 1);
  assert.equal(upstream.count('GET', '/blobs/'), 1);
  // Each time the upstream says that it is still the same; a digest is for ever.
  assert.equal(upstream.count('HEAD', '/manifests/1'), 3);
  await registry.ask(`GET /v2/up/team/app/manifests/${image.manifest.digest}`);
  assert.equal(upstream.count('HEAD', '/manifests/'), 3);
});

test('a tag that has moved is found out about, and one that is fresh is not asked for', async t => {
  const { upstream, registry, options } = await start(t);
  const digestOf = async () =>
    (await registry.ask('HEAD /v2/up/app/manifests/1')).headers['docker-content-digest'];
  const first = upstream.addImage('app:1', [randomBytes(10)]);
  assert.equal(await digestOf(), first.manifest.digest);
  const second = upstream.addImage('app:1', [randomBytes(10)]);
  assert.equal(await digestOf(), second.manifest.digest);
  await registry.restart({ ...options, freshMs: 60_000 });
  upstream.addImage('app:1', [randomBytes(10)]);
  assert.equal(await digestOf(), second.manifest.digest);
});

const TOLD: Record<number, string> = {
  401: '403 DENIED',
  403: '403 DENIED',
  429: '429 TOOMANYREQUESTS',
  500: '503 UNAVAILABLE',
  503: '503 UNAVAILABLE',
};

for (const [code, told] of Object.entries(TOLD))
  test(`while the upstream answers ${code}, what is known is served, and what is not is no 404`, async t => {
    const { upstream, registry } = await start(t);
    const layer = randomBytes(1000);
    const image = upstream.addImage('app:1', [layer]);
    await registry.ask('GET /v2/up/app/manifests/1');
    await registry.ask(`GET /v2/up/app/blobs/${sha256(layer)}`);
    down(upstream, Number(code));
    const stale = await registry.ask('GET /v2/up/app/manifests/1');
    assert.equal(sha256(stale.body), image.manifest.digest);
    assert.equal((await registry.ask(`GET /v2/up/app/blobs/${sha256(layer)}`)).status, 200);
    const unknown = await registry.ask('GET /v2/up/app/manifests/2');
    assert.equal(status(unknown), told);
    assert.equal(Number(unknown.headers['retry-after']) > 0, told !== '403 DENIED');
    assert.match(String(unknown.body), /the upstream registry: /);
  });

test('an upstream that asks for a wait keeps nobody waiting, and is told of with that', async t => {
  const { upstream, registry } = await start(t, {
    client: { patience: { ...IMPATIENT, longestWaitMs: 2000 } },
  });
  upstream.intercept = (_, response) => {
    response.setHeader('Retry-After', '60');
    sendRegistryError(response, 429, 'TOOMANYREQUESTS', 'not now');
    return true;
  };
  const answer = await registry.ask('GET /v2/up/app/manifests/1');
  assert.deepEqual([status(answer), answer.headers['retry-after']], ['429 TOOMANYREQUESTS', '60']);
  assert.equal(upstream.count('GET', '/manifests/'), 1);
});

test('offline, nothing is asked', async t => {
  const { upstream, registry, options } = await start(t);
  const image = upstream.addImage('app:1', [randomBytes(10)]);
  await registry.ask('GET /v2/up/app/manifests/1');
  await registry.restart({ ...options, isOffline: true });
  const before = upstream.seen.length;
  assert.equal(sha256((await registry.ask('GET /v2/up/app/manifests/1')).body), image.manifest.digest);
  assert.equal(status(await registry.ask('GET /v2/up/app/manifests/2')), '404 MANIFEST_UNKNOWN');
  assert.deepEqual((await registry.ask('GET /v2/up/app/tags/list')).json, { name: 'up/app', tags: ['1'] });
  assert.equal(upstream.seen.length, before);
});

test('that something is not there is asked once in a while', async t => {
  const { upstream, registry } = await start(t);
  upstream.addImage('app:1', []);
  for (let time = 0; time < 3; time++)
    assert.equal((await registry.ask('GET /v2/up/app/manifests/2')).status, 404);
  assert.equal(upstream.count('GET', '/manifests/2'), 1);
});

test('a tag that is gone upstream is gone here', async t => {
  const { upstream, registry } = await start(t);
  upstream.addImage('app:1', []);
  assert.equal((await registry.ask('GET /v2/up/app/manifests/1')).status, 200);
  upstream.manifests.delete('app:1');
  assert.equal((await registry.ask('GET /v2/up/app/manifests/1')).status, 404);
  assert.deepEqual((await registry.ask('GET /v2/up/app/tags/list')).json, { name: 'up/app', tags: [] });
});

test('many clients that want the same share one download', async t => {
  const { upstream, registry } = await start(t);
  const layer = randomBytes(3_000_000);
  upstream.addImage('app:1', [layer]);
  const go = Promise.withResolvers<void>();
  upstream.intercept = async ({ url = '' }) => {
    if (url.includes(sha256(layer))) await go.promise;
    return false;
  };
  const manifests = await Promise.all(
    Array.from({ length: 10 }, () => registry.ask('GET /v2/up/app/manifests/1')),
  );
  assert.ok(manifests.every(answer => answer.status === 200));
  const blobs = Array.from({ length: 10 }, () => registry.ask(`GET /v2/up/app/blobs/${sha256(layer)}`));
  await until(() => upstream.count('GET', '/blobs/') === 1);
  go.resolve();
  for (const { body } of await Promise.all(blobs)) assert.ok(body.equals(layer));
  assert.equal(upstream.count('GET', '/blobs/'), 1);
  assert.equal(upstream.count('GET', '/manifests/'), 1);
});

test('bytes that are not those of the digest are never the whole answer, and are not kept', async t => {
  const { upstream, registry } = await start(t);
  const layer = randomBytes(200_000);
  upstream.addImage('app:1', [layer]);
  await registry.ask('GET /v2/up/app/manifests/1');
  const wrong = Buffer.from(layer);
  wrong[100] = (wrong[100] ?? 0) ^ 1;
  upstream.blobs.set(sha256(layer), wrong);
  await assert.rejects(registry.ask(`GET /v2/up/app/blobs/${sha256(layer)}`));
  assert.equal(existsSync(join(registry.root, 'blobs', sha256(layer).replace(':', '/'))), false);
  upstream.blobs.set(sha256(layer), layer);
  await until(async () => {
    const answer = await registry.ask(`GET /v2/up/app/blobs/${sha256(layer)}`).catch(() => undefined);
    return answer?.body.equals(layer);
  });
});

test('a page of HTML with status 200 is not stored', async t => {
  const { upstream, registry } = await start(t);
  upstream.intercept = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Welcome to the hotel</html>');
    return true;
  };
  assert.equal(status(await registry.ask('GET /v2/up/app/manifests/1')), '503 UNAVAILABLE');
  upstream.intercept = () => false;
  assert.deepEqual((await registry.ask('GET /v2/_catalog')).json, { repositories: [] });
});

test('nothing is pushed into what is an upstream, and what was pushed here never asks one', async t => {
  const upstream = await FakeRegistry.start(t);
  upstream.addImage('app:1', []);
  upstream.addImage('theirs:1', []);
  const upstreams = [parseUpstream(`up=${upstream.host}`), parseUpstream(`=${upstream.host}`)];
  const registry = await TestRegistry.start(t, { upstreams, client: { patience: IMPATIENT }, freshMs: 0 });
  assert.equal(status(await registry.ask('POST /v2/up/app/blobs/uploads/')), '405 UNSUPPORTED');
  const own = await registry.pushImage('app', '1');
  const before = upstream.seen.length;
  assert.equal(sha256((await registry.ask('GET /v2/app/manifests/1')).body), own.digest);
  assert.equal((await registry.ask('GET /v2/app/manifests/2')).status, 404);
  assert.equal(upstream.seen.length, before);
  assert.equal((await registry.ask('GET /v2/theirs/manifests/1')).status, 200);
  assert.equal(status(await registry.ask('POST /v2/theirs/blobs/uploads/')), '405 UNSUPPORTED');
});

test('a blob of a repository that was pushed here is not to be had by a name of an upstream', async t => {
  const { upstream, registry } = await start(t);
  upstream.addImage('app:1', []);
  await registry.ask('GET /v2/up/app/manifests/1');
  const secret = await registry.pushBlob('private', 'secret');
  assert.equal(status(await registry.ask(`GET /v2/up/app/blobs/${secret.digest}`)), '404 BLOB_UNKNOWN');
});

test('the cache takes no more than it may: what is unused longest goes, what was pushed here stays', async t => {
  const { upstream, registry } = await start(t, { maximumCacheBytes: 250_000 });
  const pushed = randomBytes(100_000);
  await registry.pushBlob('own', pushed);
  const layers = Array.from({ length: 4 }, () => randomBytes(100_000));
  const file = (layer: Buffer) => join(registry.root, 'blobs', sha256(layer).replace(':', '/'));
  for (const [index, layer] of [pushed, ...layers].entries()) {
    upstream.addImage(`app:${index}`, [layer]);
    await registry.ask(`GET /v2/up/app/manifests/${index}`);
    assert.ok((await registry.ask(`GET /v2/up/app/blobs/${sha256(layer)}`)).body.equals(layer));
    await until(() => layers.filter(known => existsSync(file(known))).length <= 2);
  }
  assert.ok(existsSync(file(pushed)));
  assert.ok(existsSync(file(layers[3]!)));
  assert.equal(existsSync(file(layers[0]!)), false);
  // It comes again when it is asked for.
  assert.ok((await registry.ask(`GET /v2/up/app/blobs/${sha256(layers[0]!)}`)).body.equals(layers[0]!));
});

test('garbage collection leaves what is cached', async t => {
  const { upstream, registry, options } = await start(t);
  const layer = randomBytes(1000);
  upstream.addImage('app:1', [layer]);
  await registry.ask('GET /v2/up/app/manifests/1');
  await registry.ask(`GET /v2/up/app/blobs/${sha256(layer)}`);
  await registry.restart({ ...options, graceMs: -1 });
  assert.equal((await registry.server.collectGarbage()).blobs, 0);
});

test('the configuration may name upstreams, with users', async t => {
  const upstream = await FakeRegistry.start(t);
  upstream.addImage('app:1', []);
  upstream.password = 'joe:secret';
  const registry = await TestRegistry.start(t);
  const config = join(registry.root, 'config.json');
  const proxy = { name: 'up', upstream: upstream.host, username: 'joe', password: 'secret' };
  writeFileSync(config, JSON.stringify({ proxies: [proxy] }));
  await registry.restart({ config });
  assert.equal((await registry.ask('GET /v2/up/app/manifests/1')).status, 200);
});

test('upstreams that are none are refused', () => {
  for (const text of ['', 'a b', 'x=', 'A=docker.io', 'a/b=docker.io', 'http://docker.io', 'localhost:5000'])
    assert.throws(() => parseUpstream(text), { kind: 'invalid-parameter', message: /^invalid proxy/ });
  assert.deepEqual(parseUpstream('docker.io'), {
    prefix: 'docker.io',
    host: 'docker.io',
    credentials: undefined,
  });
  assert.deepEqual(parseUpstream('local=localhost:5000').host, 'localhost:5000');
});

test('what refers to a manifest of an upstream is what the upstream says, in all of its pages', async t => {
  const { upstream, registry } = await start(t);
  const subject = sha256('subject');
  const entry = (digest: string, artifactType: string) => ({
    mediaType: OCI_MANIFEST,
    digest: sha256(digest),
    size: 3,
    artifactType,
    annotations: { about: digest },
  });
  const pages = [[entry('one', 'a/signature')], [entry('two', 'a/list')]];
  upstream.intercept = ({ url = '' }, response) => {
    if (!url.includes('/referrers/')) return false;
    const isFirst = !url.includes('page=2');
    response.setHeader('Content-Type', OCI_INDEX);
    if (isFirst) response.setHeader('Link', `<${url}?page=2>; rel="next"`);
    response.end(
      JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: pages[isFirst ? 0 : 1] }),
    );
    return true;
  };
  const path = `/v2/up/app/referrers/${subject}`;
  const digests = (answer: Answer) => (answer.json as { manifests: object[] }).manifests;
  const all = await registry.ask(`GET ${path}`);
  assert.deepEqual(new Set(digests(all).map(found => JSON.stringify(found))).size, 2);
  const filtered = await registry.ask(`GET ${path}?artifactType=a/list`);
  assert.deepEqual(digests(filtered), pages[1]);
  assert.equal(filtered.headers['oci-filters-applied'], 'artifactType');
  assert.equal(upstream.count('GET', '/referrers/'), 2);
});

test('while the upstream fails, that nothing refers to a manifest, or that a name has no tags, is not said', async t => {
  const { upstream, registry } = await start(t);
  down(upstream);
  for (const path of [`referrers/${sha256('subject')}`, 'tags/list'])
    assert.equal(status(await registry.ask(`GET /v2/up/app/${path}`)), '503 UNAVAILABLE');
});

test('who asks whether a blob is there has nothing fetched', async t => {
  const { upstream, registry } = await start(t);
  const layer = randomBytes(1000);
  upstream.addImage('app:1', [layer]);
  await registry.ask('GET /v2/up/app/manifests/1');
  const head = await registry.ask(`HEAD /v2/up/app/blobs/${sha256(layer)}`);
  assert.deepEqual([head.status, head.headers['content-length']], [200, '1000']);
  assert.equal((await registry.ask(`HEAD /v2/up/app/blobs/${sha256('other')}`)).status, 404);
  assert.equal(upstream.count('GET', '/blobs/'), 0);
});

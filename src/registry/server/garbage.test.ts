import assert from 'node:assert/strict';
import { existsSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test, type TestContext } from 'node:test';
import { until } from '../../base/testing/until.ts';
import { OCI_CONFIG, OCI_INDEX, OCI_MANIFEST } from '../../oci/image-spec.ts';
import { codeOf, locationOf, sha256, TestRegistry } from './testing/test-registry.ts';

/** With a time of grace that is over as soon as it begins. */
const NO_GRACE = { graceMs: -1, gcIntervalMs: 0 };

async function withConfig(t: TestContext, config: object, options = {}): Promise<TestRegistry> {
  const registry = await TestRegistry.start(t, NO_GRACE);
  const path = join(registry.root, 'config.json');
  writeFileSync(path, JSON.stringify(config));
  await registry.restart({ ...NO_GRACE, config: path, ...options });
  return registry;
}

const blobFile = (registry: TestRegistry, digest: string) =>
  join(registry.root, 'blobs', digest.replace(':', '/'));

async function has(registry: TestRegistry, path: string): Promise<boolean> {
  return (await registry.ask(`HEAD /v2/${path}`)).status === 200;
}

test('a blob that no manifest names goes, with its file; what manifests name stays', async t => {
  const registry = await TestRegistry.start(t, NO_GRACE);
  const image = await registry.pushImage('app', 'v1');
  const loose = await registry.pushBlob('app');
  const dry = await registry.server.collectGarbage({ isDryRun: true });
  assert.ok(existsSync(blobFile(registry, loose.digest)));
  const report = await registry.server.collectGarbage();
  assert.deepEqual(dry, report);
  assert.equal(report.blobs, 1);
  assert.equal(report.blobBytes, loose.size);
  assert.deepEqual(report.items, [loose.digest]);
  assert.equal(existsSync(blobFile(registry, loose.digest)), false);
  for (const path of [
    `manifests/${image.digest}`,
    `blobs/${image.layer.digest}`,
    `blobs/${image.config.digest}`,
  ])
    assert.ok(await has(registry, `app/${path}`), path);
});

test('a blob that another repository has stays there, and goes from the one that has it in vain', async t => {
  const registry = await TestRegistry.start(t, NO_GRACE);
  const { layer } = await registry.pushImage('app', 'v1');
  await registry.ask(`POST /v2/other/blobs/uploads/?mount=${layer.digest}&from=app`);
  const report = await registry.server.collectGarbage();
  assert.deepEqual([report.links, report.blobs], [1, 0]);
  assert.ok(await has(registry, `app/blobs/${layer.digest}`));
  assert.equal(await has(registry, `other/blobs/${layer.digest}`), false);
});

test('what was deleted goes with its blobs, but for those that another manifest names', async t => {
  const registry = await TestRegistry.start(t, NO_GRACE);
  const first = await registry.pushImage('app', 'v1');
  const { layer } = first;
  await registry.pushManifest('app', 'v2', {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: { mediaType: OCI_CONFIG, ...(await registry.pushBlob('app', '{}')) },
    layers: [{ mediaType: 'x', ...layer }],
  });
  await registry.ask(`DELETE /v2/app/manifests/${first.digest}`);
  await registry.server.collectGarbage();
  assert.ok(await has(registry, `app/blobs/${layer.digest}`));
  assert.equal(await has(registry, `app/blobs/${first.config.digest}`), false);
  assert.equal(existsSync(blobFile(registry, first.digest)), false);
});

describe('a push in flight loses nothing', () => {
  for (const [what, act] of [
    ['its final PUT', async () => undefined],
    ['a HEAD', (registry: TestRegistry, digest: string) => registry.ask(`HEAD /v2/app/blobs/${digest}`)],
    [
      'a mount',
      (registry: TestRegistry, digest: string) =>
        registry.ask(`POST /v2/b/blobs/uploads/?mount=${digest}&from=app`),
    ],
  ] as const)
    test(`after ${what} was answered, until its grace is over`, async t => {
      const registry = await TestRegistry.start(t, { graceMs: 60_000, gcIntervalMs: 0 });
      const { digest } = await registry.pushBlob('app');
      await act(registry, digest);
      const report = await registry.server.collectGarbage();
      assert.deepEqual([report.links, report.blobs], [0, 0]);
      assert.ok(await has(registry, `app/blobs/${digest}`));
    });

  test('an old blob that a HEAD has just been answered for stays', async t => {
    const options = { graceMs: 60_000, gcIntervalMs: 0 };
    const registry = await TestRegistry.start(t, options);
    const { digest } = await registry.pushBlob('app');
    await registry.server.close(0);
    const database = new DatabaseSync(join(registry.root, 'registry.db'));
    database.exec('UPDATE blobs SET stored_at_ms = 0; UPDATE links SET linked_at_ms = 0');
    database.close();
    await registry.restart(options);
    await registry.ask(`HEAD /v2/app/blobs/${digest}`);
    assert.equal((await registry.server.collectGarbage()).blobs, 0);
    // Its manifest may be to come after a restart, too.
    await registry.restart(options);
    assert.equal((await registry.server.collectGarbage()).blobs, 0);
    await registry.restart({ ...options, graceMs: 0 });
    assert.equal((await registry.server.collectGarbage()).blobs, 1);
  });

  test('pushes and sweeps side by side leave every acknowledged image whole', async t => {
    const registry = await TestRegistry.start(t, { graceMs: 10_000, gcIntervalMs: 0 });
    const done = new AbortController();
    const sweeps = (async () => {
      while (!done.signal.aborted) await registry.server.collectGarbage();
    })();
    const shared = await registry.pushBlob('app');
    const pushes = Array.from({ length: 40 }, async (_, index) => {
      const name = `app${index % 4}`;
      await registry.ask(`POST /v2/${name}/blobs/uploads/?mount=${shared.digest}&from=app`);
      const image = await registry.pushImage(name, `t${index}`);
      if (index % 3 === 0) await registry.ask(`DELETE /v2/${name}/manifests/${image.digest}`);
      return { name, image, isDeleted: index % 3 === 0 };
    });
    const results = await Promise.all(pushes);
    done.abort();
    await sweeps;
    for (const { name, image, isDeleted } of results) {
      if (isDeleted) continue;
      assert.equal((await registry.ask(`GET /v2/${name}/manifests/${image.digest}`)).status, 200);
      for (const { digest } of [image.layer, image.config])
        assert.equal(sha256((await registry.ask(`GET /v2/${name}/blobs/${digest}`)).body), digest);
    }
  });
});

test('marking is transitive: index, index, manifest, and what refers to any of them; a missing child does not end it', async t => {
  const registry = await withConfig(t, { retention: [{ repositories: 'app', keepUntagged: '0s' }] });
  const image = await registry.pushImage('app', '');
  const gone = await registry.pushImage('app', '');
  const child = (digest: string, size: number, mediaType = OCI_MANIFEST) => ({ mediaType, digest, size });
  const push = async (reference: string, manifests: object[]) => {
    const document = { schemaVersion: 2, mediaType: OCI_INDEX, manifests };
    const raw = JSON.stringify(document);
    const answer = await registry.pushManifest('app', reference === '' ? sha256(raw) : reference, document);
    assert.equal(answer.status, 201);
    return child(sha256(raw), raw.length, OCI_INDEX);
  };
  const inner = await push('', [child(image.digest, image.size), child(gone.digest, gone.size)]);
  await push('v1', [inner]);
  const referrer = await registry.pushImage('app', '', { subject: child(image.digest, image.size) });
  const second = await registry.pushImage('app', '', { subject: child(referrer.digest, referrer.size) });
  const untagged = await registry.pushImage('app', '');
  const lost = await registry.pushImage('app', '', { subject: child(untagged.digest, untagged.size) });
  await registry.ask(`DELETE /v2/app/manifests/${gone.digest}`);
  const elsewhere = await registry.pushImage('other', '');
  const dry = await registry.server.collectGarbage({ isDryRun: true });
  const report = await registry.server.collectGarbage();
  assert.deepEqual(dry.items.toSorted(), report.items.toSorted());
  assert.equal(report.manifests, 2);
  for (const { digest } of [image, inner, referrer, second])
    assert.ok(await has(registry, `app/manifests/${digest}`));
  for (const { digest } of [untagged, lost])
    assert.equal(await has(registry, `app/manifests/${digest}`), false);
  assert.ok(await has(registry, `app/blobs/${image.layer.digest}`));
  assert.ok(await has(registry, `other/manifests/${elsewhere.digest}`));
});

test('without a rule untagged manifests stay', async t => {
  const registry = await TestRegistry.start(t, NO_GRACE);
  const { digest, layer } = await registry.pushImage('app', '');
  await registry.server.collectGarbage();
  assert.ok(await has(registry, `app/manifests/${digest}`));
  assert.ok(await has(registry, `app/blobs/${layer.digest}`));
});

test('retention keeps the last tags, those that match, and young ones; the first rule counts', async t => {
  const registry = await withConfig(t, {
    retention: [
      { repositories: ['team/keep'] },
      { repositories: 'team/**', keepLast: 2, keepTags: ['v*'] },
      { repositories: '**', keepYoungerThan: '1h' },
    ],
  });
  const tags = ['v1', 'a', 'b', 'c', 'v2', 'd'];
  for (const name of ['team/keep', 'team/app/x', 'young'])
    for (const tag of tags) await registry.pushImage(name, tag);
  const report = await registry.server.collectGarbage();
  assert.equal(report.tags, 3);
  const left = async (name: string) => {
    const { json } = await registry.ask(`GET /v2/${name}/tags/list`);
    return (json as { tags: string[] }).tags;
  };
  assert.deepEqual(await left('team/app/x'), ['d', 'v1', 'v2']);
  assert.deepEqual(await left('team/keep'), tags.toSorted());
  assert.deepEqual(await left('young'), tags.toSorted());
});

test('a configuration that means nothing is refused, and says where', async t => {
  for (const [config, message] of [
    [{ retension: [] }, /config has the unknown key "retension"/],
    [{ retention: [{ keepLast: 'x' }] }, /keepLast/],
    [{ retention: [{ keepYoungerThan: 'soon' }] }, /retention.0.keepYoungerThan: "soon" is no duration/],
    [{ access: [{ actions: ['pull'] }] }, /access.0 is for nobody/],
    [
      { access: [{ users: '*', actions: ['puul'] }] },
      /access.0.actions: "puul" is none of pull, push, delete, manage/,
    ],
    [{ webhooks: [{ url: 'file:///etc/passwd' }] }, /webhooks.0.url is no HTTP URL/],
  ] as const)
    await assert.rejects(withConfig(t, config), { kind: 'invalid-parameter', message });
});

test('files without a record, and uploads that nobody goes on with, go', async t => {
  const registry = await TestRegistry.start(t, NO_GRACE);
  const orphan = blobFile(registry, sha256('orphan'));
  writeFileSync(orphan, 'orphan');
  const location = locationOf(await registry.ask('POST /v2/app/blobs/uploads/'));
  await registry.ask(`PATCH ${location}`, { body: 'data' });
  const [file = ''] = readdirSync(join(registry.root, 'uploads'));
  const longAgo = Date.now() / 1000 - 90_000;
  utimesSync(join(registry.root, 'uploads', file), longAgo, longAgo);
  const report = await registry.server.collectGarbage();
  assert.equal(report.uploads, 1);
  assert.equal(existsSync(orphan), false);
  assert.equal(codeOf(await registry.ask(`GET ${location}`)), 'BLOB_UPLOAD_UNKNOWN');
});

test('the timer sweeps, and the API does when it is asked', async t => {
  const registry = await TestRegistry.start(t, { graceMs: 1, gcIntervalMs: 5 });
  const { digest } = await registry.pushBlob('app');
  await until(() => !existsSync(blobFile(registry, digest)));
  const answer = await registry.ask('POST /v2/_slipway/gc?dry-run=1');
  assert.deepEqual((answer.json as { items: string[] }).items, []);
});

test('an engine that has the directory is not disturbed', async t => {
  const registry = await TestRegistry.start(t);
  await registry.server.close(0);
  writeFileSync(join(registry.root, 'recipes'), '');
  await assert.rejects(registry.restart(), {
    kind: 'conflict',
    message: /is the content directory of an engine/,
  });
});

test('a registry is open once', async t => {
  const registry = await TestRegistry.start(t);
  await assert.rejects(TestRegistry.start(t, { root: registry.root }), {
    kind: 'conflict',
    message: /open already/,
  });
});

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { hashSync } from 'bcryptjs';
import { OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST } from '../../oci/image-spec.ts';
import { until } from '../../base/testing/until.ts';
import { codeOf, sha256, TestRegistry } from './testing/test-registry.ts';

/** An image layout as an engine keeps it. */
class TestLayout {
  readonly directory = mkdtempSync(join(tmpdir(), 'slipway-layout-'));
  readonly #entries: object[] = [];

  constructor(t: TestContext) {
    mkdirSync(join(this.directory, 'blobs/sha256'), { recursive: true });
    t.after(() => rmSync(this.directory, { recursive: true, force: true }));
    this.#write();
  }

  blob(mediaType: string, content: string | object): { mediaType: string; digest: string; size: number } {
    const data = typeof content === 'string' ? content : JSON.stringify(content);
    writeFileSync(join(this.directory, 'blobs', sha256(data).replace(':', '/')), data);
    return { mediaType, digest: sha256(data), size: data.length };
  }

  image(name: string, layer: string, isIndex = false) {
    const config = this.blob(OCI_CONFIG, { layer });
    const layers = [this.blob(OCI_LAYER, layer)];
    const manifest = this.blob(OCI_MANIFEST, { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers });
    const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [manifest] };
    const top = isIndex ? this.blob(OCI_INDEX, index) : manifest;
    this.#entries.push({ ...top, annotations: { 'io.containerd.image.name': name } });
    this.#write();
    return { top, manifest, layer: layers[0]! };
  }

  #write(): void {
    const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: this.#entries };
    writeFileSync(join(this.directory, 'index.json'), JSON.stringify(index));
  }
}

test("an engine's images are served where they are, by their names with and without the registry's", async t => {
  const layout = new TestLayout(t);
  const busybox = layout.image('docker.io/library/busybox:latest', 'one', true);
  const registry = await TestRegistry.start(t, { layout: layout.directory });
  for (const name of ['docker.io/library/busybox', 'library/busybox', 'busybox']) {
    const answer = await registry.ask(`GET /v2/${name}/manifests/latest`);
    assert.equal(answer.status, 200, name);
    assert.equal(answer.headers['docker-content-digest'], busybox.top.digest);
    assert.equal(answer.headers['content-type'], OCI_INDEX);
    const inner = await registry.ask(`GET /v2/${name}/manifests/${busybox.manifest.digest}`);
    assert.equal(sha256(inner.body), busybox.manifest.digest);
    assert.equal(String((await registry.ask(`GET /v2/${name}/blobs/${busybox.layer.digest}`)).body), 'one');
    assert.deepEqual((await registry.ask(`GET /v2/${name}/tags/list`)).json, { name, tags: ['latest'] });
  }
  // What comes later is seen.
  layout.image('localhost:5000/team/app:1', 'two');
  assert.equal((await registry.ask('GET /v2/team/app/manifests/1')).status, 200);
  assert.deepEqual((await registry.ask('GET /v2/_catalog')).json, {
    repositories: ['docker.io/library/busybox', 'team/app'],
  });
});

test('what is in another repository of the layout, or in none, is not to be had', async t => {
  const layout = new TestLayout(t);
  layout.image('docker.io/library/a:1', 'one');
  const other = layout.image('docker.io/library/b:1', 'two');
  const stray = layout.blob(OCI_LAYER, 'stray');
  const registry = await TestRegistry.start(t, { layout: layout.directory });
  for (const { digest } of [other.layer, stray]) {
    const answer = await registry.ask(`GET /v2/a/blobs/${digest}`);
    assert.equal(`${answer.status} ${codeOf(answer)}`, '404 BLOB_UNKNOWN');
  }
  assert.equal((await registry.ask(`GET /v2/a/manifests/${other.manifest.digest}`)).status, 404);
});

test('what was pushed here comes first', async t => {
  const layout = new TestLayout(t);
  layout.image('docker.io/library/a:1', 'one');
  const registry = await TestRegistry.start(t, { layout: layout.directory });
  const own = await registry.pushImage('a', '1');
  assert.equal((await registry.ask('HEAD /v2/a/manifests/1')).headers['docker-content-digest'], own.digest);
});

test('where what the engine has discarded cannot be made again, the connection ends before its last byte', async t => {
  const layout = new TestLayout(t);
  const text = 'the bytes of a layer';
  const { layer } = layout.image('docker.io/library/a:1', text);
  rmSync(join(layout.directory, 'blobs', layer.digest.replace(':', '/')));
  let made: Buffer[] = [];
  const registry = await TestRegistry.start(t, {
    layout: layout.directory,
    discarded: {
      sizeOf: digest => (digest === layer.digest ? text.length : undefined),
      async *rebuild() {
        yield* made;
        if (made.length === 0) throw new Error('its tree is gone');
      },
    },
  });
  const path = `/v2/a/blobs/${layer.digest}`;
  for (const wrong of [[], [text.slice(0, 5)], [text.replace('y', 'x')]]) {
    made = wrong.map(part => Buffer.from(part));
    await assert.rejects(registry.ask(`GET ${path}`));
  }
  made = [Buffer.from(text)];
  assert.equal(String((await registry.ask(`GET ${path}`)).body), text);
  assert.deepEqual(readdirSync(join(registry.root, 'uploads')), []);
});

/** Whether a blob of the registry's and one of the layout's are one file. */
function isOneFile(registry: TestRegistry, layout: TestLayout, digest: string): boolean {
  const [ours, theirs] = [registry.root, layout.directory].map(directory =>
    statSync(join(directory, 'blobs', digest.replace(':', '/'))),
  );
  return ours?.ino === theirs?.ino;
}

test('what the engine has, too, is stored once, whichever of them had it first', async t => {
  const layout = new TestLayout(t);
  const { layer } = layout.image('docker.io/library/a:1', 'one');
  const registry = await TestRegistry.start(t, { layout: layout.directory });
  await registry.pushBlob('pushed', 'one');
  await until(() => isOneFile(registry, layout, layer.digest));
  const later = await registry.pushBlob('pushed', 'two');
  layout.image('docker.io/library/b:1', 'two');
  assert.ok(!isOneFile(registry, layout, later.digest));
  const { shared } = await registry.server.collectGarbage();
  assert.deepEqual(shared, { blobs: 1, bytes: 3 });
  assert.ok(isOneFile(registry, layout, later.digest));
  // Each takes its own away.
  rmSync(join(layout.directory, 'blobs'), { recursive: true });
  assert.equal(String((await registry.ask(`GET /v2/pushed/blobs/${layer.digest}`)).body), 'one');
  assert.deepEqual(readdirSync(join(registry.root, 'uploads')), []);
});

test('content of the engine that is damaged never takes the place of what was pushed', async t => {
  const layout = new TestLayout(t);
  const { layer } = layout.image('docker.io/library/a:1', 'one');
  writeFileSync(join(layout.directory, 'blobs', layer.digest.replace(':', '/')), 'eno');
  const registry = await TestRegistry.start(t, { layout: layout.directory });
  await registry.pushBlob('pushed', 'one');
  assert.deepEqual((await registry.server.collectGarbage()).shared, { blobs: 0, bytes: 0 });
  assert.equal(String((await registry.ask(`GET /v2/pushed/blobs/${layer.digest}`)).body), 'one');
  const mounted = await registry.ask(`POST /v2/other/blobs/uploads/?mount=${layer.digest}&from=library/a`);
  assert.equal(mounted.status, 202);
});

test("a blob is mounted from an engine's image, whose file it stays", async t => {
  const layout = new TestLayout(t);
  const { layer } = layout.image('docker.io/library/a:1', 'one');
  const other = layout.image('docker.io/library/b:1', 'two');
  const registry = await TestRegistry.start(t, { layout: layout.directory });
  const mount = (digest: string) =>
    registry.ask(`POST /v2/team/app/blobs/uploads/?mount=${digest}&from=library/a`);
  const answer = await mount(layer.digest);
  assert.deepEqual([answer.status, answer.headers.location], [201, `/v2/team/app/blobs/${layer.digest}`]);
  assert.ok(isOneFile(registry, layout, layer.digest));
  assert.equal((await mount(other.layer.digest)).status, 202);
  rmSync(join(layout.directory, 'blobs'), { recursive: true });
  assert.equal(String((await registry.ask(`GET /v2/team/app/blobs/${layer.digest}`)).body), 'one');
});

test("who may not pull an engine's image mounts nothing from it", async t => {
  const layout = new TestLayout(t);
  const { layer } = layout.image('docker.io/library/a:1', 'one');
  const config = join(layout.directory, 'config.json');
  writeFileSync(
    config,
    JSON.stringify({ access: [{ repositories: 'team/**', anonymous: true, actions: ['pull', 'push'] }] }),
  );
  const htpasswd = join(layout.directory, 'htpasswd');
  writeFileSync(htpasswd, `joe:${hashSync('secret', 4)}\n`);
  const registry = await TestRegistry.start(t, { layout: layout.directory, config, htpasswd });
  const answer = await registry.ask(`POST /v2/team/app/blobs/uploads/?mount=${layer.digest}&from=library/a`);
  assert.equal(answer.status, 202);
});

test("what is pushed under the name of an engine's image, and was not sent as it is there, is whole", async t => {
  const layout = new TestLayout(t);
  const text = 'a layer that the engine has discarded';
  const image = layout.image('localhost:5000/team/app:1', text, true);
  rmSync(join(layout.directory, 'blobs', image.layer.digest.replace(':', '/')));
  const registry = await TestRegistry.start(t, {
    layout: layout.directory,
    discarded: {
      sizeOf: digest => (digest === image.layer.digest ? text.length : undefined),
      async *rebuild() {
        yield Buffer.from(text);
      },
    },
  });
  for (const path of [`blobs/${image.layer.digest}`, `manifests/${image.manifest.digest}`])
    assert.equal((await registry.ask(`HEAD /v2/team/app/${path}`)).status, 200);
  const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [image.manifest] };
  assert.equal((await registry.pushManifest('team/app', '2', index)).status, 201);
  // Of another repository's nothing is taken.
  assert.equal(codeOf(await registry.pushManifest('team/other', '1', index)), 'MANIFEST_BLOB_UNKNOWN');
  rmSync(join(layout.directory, 'blobs'), { recursive: true });
  assert.equal((await registry.ask('GET /v2/team/app/manifests/2')).status, 200);
  assert.equal((await registry.ask(`GET /v2/team/app/manifests/${image.manifest.digest}`)).status, 200);
  assert.equal(String((await registry.ask(`GET /v2/team/app/blobs/${image.layer.digest}`)).body), text);
  assert.deepEqual(readdirSync(join(registry.root, 'uploads')), []);
});

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST } from '../../oci/image-spec.ts';
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

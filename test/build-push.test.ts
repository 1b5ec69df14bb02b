/** What a build has made goes to a registry straight from it. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { test, type TestContext } from 'node:test';
import { digestOf } from '../src/base/digest.ts';
import { pushBuilt } from '../src/daemon/build/push-built.ts';
import { TestDaemon } from '../src/daemon/testing/test-daemon.ts';
import { openGraph } from '../src/graph/open-graph.ts';
import { OCI_CONFIG, OCI_MANIFEST } from '../src/oci/image-spec.ts';
import type { PushedImage } from '../src/oci/pushed-image.ts';
import { FakeRegistry } from '../src/registry/testing/fake-registry.ts';

async function place(t: TestContext) {
  const root = fs.mkdtempSync('/tmp/slipway-push-');
  const graph = await openGraph({ root });
  t.after(async () => {
    await graph.close();
    fs.rmSync(root, { recursive: true, force: true });
  });
  const { daemon } = await TestDaemon.open(t, graph);
  return { root, daemon, registry: await FakeRegistry.start(t) };
}

function imageOf(root: string): PushedImage {
  const blobOf = (content: string, mediaType: string) => {
    const path = `${root}/${digestOf(content)}`;
    fs.writeFileSync(path, content);
    const descriptor = { mediaType, digest: digestOf(content), size: content.length };
    return { descriptor, open: async () => fs.openSync(path, 'r') };
  };
  const [config, layer] = [blobOf('{"config":{}}', OCI_CONFIG), blobOf('a layer', 'x/layer')];
  const manifest = { schemaVersion: 2, config: config.descriptor, layers: [layer.descriptor] };
  const raw = Buffer.from(JSON.stringify({ ...manifest, mediaType: OCI_MANIFEST }));
  const descriptor = { mediaType: OCI_MANIFEST, digest: digestOf(raw), size: raw.length };
  return { blobs: [layer, config], documents: [{ descriptor, raw }] };
}

const request = { credentials: async () => ({}), signal: new AbortController().signal };

test('an image is brought to its registry with its tag, and without one under its digest', async t => {
  const { root, daemon, registry } = await place(t);
  const image = imageOf(root);
  const digest = image.documents[0]?.descriptor.digest ?? '';
  await pushBuilt(daemon, `${registry.host}/tagged:1`, image, request);
  await pushBuilt(daemon, `${registry.host}/untagged`, image, request);
  for (const resource of ['tagged/manifests/1', `untagged/manifests/${digest}`]) {
    const response = await fetch(`http://${registry.host}/v2/${resource}`, {
      headers: { accept: OCI_MANIFEST },
    });
    assert.equal(digestOf(Buffer.from(await response.arrayBuffer())), digest);
  }
});

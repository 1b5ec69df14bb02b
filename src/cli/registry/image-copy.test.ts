import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { hostPlatform } from '../../oci/platform.ts';
import { FakeRegistry } from '../../registry/testing/fake-registry.ts';
import { testHost } from '../../../test/fixtures/test-host.ts';
import { runCli } from '../run-cli.ts';

async function image(...args: string[]) {
  const host = testHost({ env: { DOCKER_CONFIG: '/nonexistent' } });
  const code = await runCli(['image', ...args], host);
  return { code, stdout: host.stdout.text, stderr: host.stderr.text };
}

async function registryWithIndex(t: TestContext) {
  const registry = await FakeRegistry.start(t);
  const { manifest } = registry.addImage('a:1', [Buffer.from('layer')], hostPlatform());
  const index = registry.addIndex('a:latest', [{ ...manifest, platform: hostPlatform() }]);
  return { registry, manifest, index };
}

test('image copy brings an image into a layout and back, without a daemon', async t => {
  const { registry, index } = await registryWithIndex(t);
  const place = mkdtempSync(join(tmpdir(), 'slipway-copy-'));
  t.after(() => rmSync(place, { recursive: true }));
  const out = await image('copy', `${registry.host}/a`, `oci:${place}:x`);
  assert.equal(out.code, 0, out.stderr);
  assert.match(out.stdout, /^Copied sha256:\w+ 5B\n/m);
  assert.equal(out.stdout.trim().split('\n').at(-1), index.digest);
  const back = await image('copy', '-q', `oci:${place}:x`, `docker://${registry.host}/b:2`);
  assert.equal(back.stdout, `${index.digest}\n`);
  assert.ok(registry.manifests.has('b:2'));
});

test('what cannot be copied is told, and leaves nothing', async t => {
  const { registry } = await registryWithIndex(t);
  const place = mkdtempSync(join(tmpdir(), 'slipway-copy-'));
  t.after(() => rmSync(place, { recursive: true }));
  for (const [from, to, message] of [
    [`${registry.host}/a:no`, `oci-archive:${place}/a.tar`, /manifest unknown/],
    ['dir:/x', 'a', /images are copied between registries, oci:DIRECTORY and oci-archive:FILE/],
    ['oci:', 'a', /the path is missing/],
    ['UPPER', 'a', /repository name \(library\/UPPER\) must be lowercase/],
  ] as const) {
    const { code, stderr } = await image('copy', from, to);
    assert.equal(code, 1);
    assert.match(stderr, message);
  }
  assert.deepEqual(readdirSync(place), []);
});

test('image inspect --remote shows what a registry has, without a daemon', async t => {
  const { registry, manifest, index } = await registryWithIndex(t);
  const { code, stdout, stderr } = await image('inspect', '--remote', `${registry.host}/a`);
  assert.equal(code, 0, stderr);
  const [shown] = JSON.parse(stdout);
  assert.equal(shown.Descriptor.digest, index.digest);
  assert.equal(shown.ManifestDigest, manifest.digest);
  assert.equal(shown.Platforms.length, 1);
  assert.equal(shown.Layers[0].Size, 5);
  const format = await image(
    'inspect',
    '--remote',
    '-f',
    '{{.Os}}/{{.Architecture}}',
    `${registry.host}/a:1`,
  );
  const { os, architecture } = hostPlatform();
  assert.equal(format.stdout, `${os}/${architecture}\n`);
  const missing = await image('inspect', '--remote', '--platform', 'linux/s390x', `${registry.host}/a`);
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /no matching manifest for linux\/s390x/);
});

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { FakeRegistry } from '../../registry/testing/fake-registry.ts';
import { testHost } from '../../../test/fixtures/test-host.ts';
import { runCli } from '../run-cli.ts';

async function inspect(registry: FakeRegistry, ...args: string[]) {
  const host = testHost({ env: { DOCKER_CONFIG: '/nonexistent' } });
  const code = await runCli(
    ['manifest', 'inspect', ...args.map(arg => arg.replace('REG', registry.host))],
    host,
  );
  return { code, stdout: host.stdout.text, stderr: host.stderr.text };
}

async function registryWithIndex(t: TestContext) {
  const registry = await FakeRegistry.start(t);
  const { manifest } = registry.addImage('a:1', [Buffer.from('layer')]);
  const platform = { os: 'linux', architecture: 'amd64' };
  const index = registry.addIndex('a:latest', [{ ...manifest, platform }]);
  return { registry, manifest, index, platform };
}

test('a manifest is shown as it is, of an index the index, without a daemon', async t => {
  const { registry, manifest } = await registryWithIndex(t);
  const one = await inspect(registry, 'REG/a:1');
  assert.equal(one.code, 0, one.stderr);
  assert.equal(
    one.stdout,
    `${JSON.stringify(JSON.parse(String(registry.manifests.get('a:1')?.raw)), undefined, '\t')}\n`,
  );
  const { stdout } = await inspect(registry, 'REG/a');
  assert.equal(JSON.parse(stdout).manifests[0].digest, manifest.digest);
});

test('with --verbose each image has its descriptor', async t => {
  const { registry, manifest, platform } = await registryWithIndex(t);
  const [image] = JSON.parse((await inspect(registry, '-v', 'REG/a')).stdout);
  const { mediaType, digest, size } = manifest;
  assert.equal(image.Ref, `${registry.host}/a@${digest}`);
  assert.deepEqual(image.Descriptor, { mediaType, digest, size, platform });
  assert.equal(image.OCIManifest.layers.length, 1);
});

test('what is not there is an error', async t => {
  const { registry } = await registryWithIndex(t);
  const { code, stderr } = await inspect(registry, 'REG/a:no');
  assert.equal(code, 1);
  assert.match(stderr, /manifest unknown/);
});

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { endpointsOf } from './endpoints.ts';
import { DEFAULT_PATIENCE, DEFAULT_RANGES, type RegistryOptions } from './registry-options.ts';

function configured(t: TestContext, files: Record<string, string>): RegistryOptions {
  const root = mkdtempSync(join(tmpdir(), 'slipway-certs-'));
  t.after(() => rmSync(root, { recursive: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return {
    insecureRegistries: ['insecure.io'],
    mirrors: ['https://hub-mirror.io/'],
    certificateDirectories: [join(root, 'nowhere'), root],
    proxies: { http: '', https: '', none: '' },
    userAgent: 'test',
    patience: DEFAULT_PATIENCE,
    ranges: DEFAULT_RANGES,
  };
}

const basesOf = async (options: RegistryOptions, domain: string, purpose: 'pull' | 'push' = 'pull') =>
  (await endpointsOf(domain, [purpose], options)).map(
    ({ base, isMirror }) => `${isMirror ? 'mirror ' : ''}${base}`,
  );

test('Docker Hub has its own host, and mirrors for pulls', async t => {
  const options = configured(t, {});
  assert.deepEqual(await basesOf(options, 'docker.io'), [
    'mirror https://hub-mirror.io/v2',
    'https://registry-1.docker.io/v2',
  ]);
  assert.deepEqual(await basesOf(options, 'docker.io', 'push'), ['https://registry-1.docker.io/v2']);
});

test('plain HTTP is for loopback and what is said to be insecure', async t => {
  const options = configured(t, {});
  assert.deepEqual(await basesOf(options, 'ghcr.io'), ['https://ghcr.io/v2']);
  assert.deepEqual(await basesOf(options, '[::1]:5000'), ['https://[::1]:5000/v2', 'http://[::1]:5000/v2']);
  const [secured] = await endpointsOf('insecure.io', ['pull'], options);
  assert.equal(secured?.tls.verifies, false);
});

test('hosts.toml has mirrors of any registry, in order, with their certificates, headers and paths', async t => {
  const options = configured(t, {
    'ghcr.io/ca.pem': 'THE CA',
    'ghcr.io/hosts.toml': `
server = "https://elsewhere.io"
[host."https://one.io"]
  capabilities = ["pull", "resolve"]
  ca = "ca.pem"
  [host."https://one.io".header]
    X-Key = ["a", "b"]
[host."http://two.io/some/path"]
  override_path = true
  skip_verify = true
`,
  });
  assert.deepEqual(await basesOf(options, 'ghcr.io'), [
    'mirror https://one.io/v2',
    'mirror http://two.io/some/path',
    'https://elsewhere.io/v2',
  ]);
  assert.deepEqual(await basesOf(options, 'ghcr.io', 'push'), [
    'mirror http://two.io/some/path',
    'https://elsewhere.io/v2',
  ]);
  const [one, two] = await endpointsOf('ghcr.io', ['pull'], options);
  assert.deepEqual(one?.tls.authorities, ['THE CA']);
  assert.deepEqual(one?.headers, { 'x-key': 'a, b' });
  assert.equal(two?.tls.verifies, false);
});

test('token_hosts are for the registry itself, or for the host that they are written at', async t => {
  const options = configured(t, {
    'a.io/hosts.toml':
      'token_hosts = ["auth.b.io"]\n[host."https://mirror.io"]\ntoken_hosts = ["auth.mirror.io"]',
    'c.io/hosts.toml': 'server = "https://real.io"\ntoken_hosts = ["auth.b.io"]',
  });
  const hostsOf = async (domain: string) =>
    (await endpointsOf(domain, ['pull'], options)).map(({ tokenHosts }) => tokenHosts.join());
  assert.deepEqual(await hostsOf('a.io'), ['auth.mirror.io', 'auth.b.io']);
  assert.deepEqual(await hostsOf('c.io'), ['auth.b.io']);
  assert.deepEqual(await hostsOf('d.io'), ['']);
});

test('a malformed hosts.toml and half a pair of certificates are told with their names', async t => {
  const options = configured(t, {
    'bad.io/hosts.toml': 'server = [',
    'wrong.io/hosts.toml': '[host."x"]\ncapabilities = 5',
    'half.io:5000/client.cert': 'x',
    'other.io/client.key': 'x',
  });
  const fails = (domain: string, message: RegExp) =>
    assert.rejects(endpointsOf(domain, ['pull'], options), { kind: 'invalid-parameter', message });
  await fails('bad.io', /bad\.io\/hosts\.toml/);
  await fails('wrong.io', /wrong\.io\/hosts\.toml/);
  await fails('half.io:5000', /missing key client\.key for client certificate client\.cert/);
  await fails('other.io', /missing client certificate client\.cert for key client\.key/);
});

test('certificates are those of the host and its port, read at each use', async t => {
  const options = configured(t, {
    'reg.io:5000/a.crt': 'A',
    'reg.io:5000/c.cert': 'C',
    'reg.io:5000/c.key': 'K',
  });
  const [endpoint] = await endpointsOf('reg.io:5000', ['pull'], options);
  assert.deepEqual(endpoint?.tls, {
    authorities: ['A'],
    clients: [{ certificate: 'C', key: 'K' }],
    verifies: true,
  });
  assert.deepEqual((await endpointsOf('reg.io', ['pull'], options))[0]?.tls.authorities, []);
  writeFileSync(join(options.certificateDirectories[1] ?? '', 'reg.io:5000/b.crt'), 'B');
  assert.deepEqual((await endpointsOf('reg.io:5000', ['pull'], options))[0]?.tls.authorities, ['A', 'B']);
});

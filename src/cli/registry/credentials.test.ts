import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { authHeader, eraseCredentials, HUB_KEY, readCredentials, storeCredentials } from './credentials.ts';
import { registryKey } from './registry-key.ts';

type Place = { env: Record<string, string>; path: string; config: () => Record<string, unknown> };

function place(t: TestContext, config?: object): Place {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-config-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'config.json');
  if (config !== undefined) writeFileSync(path, JSON.stringify(config));
  return { env: { DOCKER_CONFIG: directory }, path, config: () => JSON.parse(readFileSync(path, 'utf8')) };
}

/** A helper that keeps what it is given in a file; found in PATH for the time of the test. */
function helper(t: TestContext, { env }: Place, name: string): string {
  const directory = join(env.DOCKER_CONFIG ?? '', 'bin');
  mkdirSync(directory);
  const [program, kept] = [join(directory, `docker-credential-${name}`), join(directory, 'kept')];
  writeFileSync(
    program,
    `#!/bin/sh
case $1 in
  get) if [ -e ${kept} ]; then cat ${kept}; else echo "credentials not found in native keychain"; exit 1; fi ;;
  store) cat > ${kept} ;;
  erase) rm -f ${kept} ;;
esac
`,
  );
  chmodSync(program, 0o755);
  const { PATH } = process.env;
  process.env.PATH = `${directory}:${PATH}`;
  t.after(() => {
    process.env.PATH = PATH;
  });
  return kept;
}

const AUTH = { username: 'me', password: 'a:b', serveraddress: 'reg.io:5000' };

test('credentials are kept as Docker keeps them, beside other settings, readable by their owner only', async t => {
  const own = place(t, { psFormat: 'x', auths: { other: { auth: 'eDp5' } } });
  assert.equal(await storeCredentials(own.env, 'reg.io:5000', AUTH), true);
  assert.deepEqual(own.config(), {
    psFormat: 'x',
    auths: { other: { auth: 'eDp5' }, 'reg.io:5000': { auth: btoa('me:a:b') } },
  });
  assert.equal(statSync(own.path).mode & 0o777, 0o600);
  assert.deepEqual(await readCredentials(own.env, 'reg.io:5000'), AUTH);
  assert.deepEqual(await readCredentials(own.env, 'reg.io'), {});
  await eraseCredentials(own.env, 'reg.io:5000');
  assert.deepEqual(own.config(), { psFormat: 'x', auths: { other: { auth: 'eDp5' } } });
});

test('an identity token takes the password’s place', async t => {
  const own = place(t);
  await storeCredentials(own.env, HUB_KEY, { username: 'me', password: '', identitytoken: 'token' });
  assert.deepEqual(own.config(), { auths: { [HUB_KEY]: { auth: btoa('me:'), identitytoken: 'token' } } });
  const { identitytoken, serveraddress } = await readCredentials(own.env, 'docker.io');
  assert.deepEqual([identitytoken, serveraddress], ['token', HUB_KEY]);
});

test('keys are found with and without scheme and path', async t => {
  const own = place(t, { auths: { 'https://reg.io/v1/': { auth: btoa('me:x') } } });
  assert.equal((await readCredentials(own.env, 'reg.io')).username, 'me');
});

test('a helper for a registry comes before the one for all, and that before the file', async t => {
  const own = place(t, {
    credsStore: 'missing',
    credHelpers: { 'reg.io:5000': 'test' },
    auths: { 'reg.io:5000': { auth: btoa('file:x') }, 'b.io': { auth: btoa('file:x') } },
  });
  const kept = helper(t, own, 'test');
  assert.deepEqual(await readCredentials(own.env, 'reg.io:5000'), {});
  assert.equal(await storeCredentials(own.env, 'reg.io:5000', AUTH), false);
  assert.deepEqual(JSON.parse(readFileSync(kept, 'utf8')), {
    ServerURL: 'reg.io:5000',
    Username: 'me',
    Secret: 'a:b',
  });
  assert.doesNotMatch(readFileSync(own.path, 'utf8'), /a:b|YTpi/);
  assert.deepEqual(await readCredentials(own.env, 'reg.io:5000'), AUTH);
  await eraseCredentials(own.env, 'reg.io:5000');
  assert.deepEqual(await readCredentials(own.env, 'reg.io:5000'), {});
  await assert.rejects(
    readCredentials(own.env, 'b.io'),
    /"docker-credential-missing": executable file not found/,
  );
});

test('a helper’s token is an identity token', async t => {
  const own = place(t, { credsStore: 'test' });
  const kept = helper(t, own, 'test');
  writeFileSync(kept, JSON.stringify({ ServerURL: 'reg.io', Username: '<token>', Secret: 'secret' }));
  assert.deepEqual(await readCredentials(own.env, 'reg.io'), {
    identitytoken: 'secret',
    serveraddress: 'reg.io',
  });
});

test('the header is for the registry of the image', async t => {
  const own = place(t, { auths: { 'reg.io:5000': { auth: btoa('me:ä?>') } } });
  const decode = async (image: string) =>
    JSON.parse(
      Buffer.from((await authHeader(own.env, image))['X-Registry-Auth'] ?? '', 'base64url').toString(),
    );
  assert.equal((await decode('reg.io:5000/a/b:1')).username, 'me');
  assert.deepEqual(await decode('busybox'), {});
});

test('a configuration file that is a link stays one, and one that is malformed is told of', async t => {
  const own = place(t);
  const target = join(own.env.DOCKER_CONFIG ?? '', 'elsewhere.json');
  writeFileSync(target, '{}');
  symlinkSync(target, own.path);
  await storeCredentials(own.env, 'reg.io', AUTH);
  assert.match(readFileSync(target, 'utf8'), /reg\.io/);
  writeFileSync(target, '{');
  await assert.rejects(readCredentials(own.env, 'reg.io'), /Error loading config file: .*config\.json/);
});

test('registries are named by host or URL', () => {
  for (const server of ['', HUB_KEY, 'docker.io', 'https://index.docker.io'])
    assert.equal(registryKey(server), HUB_KEY);
  assert.equal(registryKey('https://reg.io:5000/v2/'), 'reg.io:5000');
  assert.equal(registryKey('localhost'), 'localhost');
  assert.throws(() => registryKey('not a host.'), /invalid reference format/);
});

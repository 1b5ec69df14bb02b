import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { hashSync } from 'bcryptjs';
import { until } from '../../base/testing/until.ts';
import type { RegistryServerOptions } from './open-registry.ts';
import { type Answer, codeOf, locationOf, sha256, TestRegistry } from './testing/test-registry.ts';

const HASHES = Object.fromEntries(['joe', 'ann', 'ci'].map(user => [user, hashSync(`${user}-secret`, 4)]));
const lineOf = (user: string) => `${user}:${HASHES[user] ?? hashSync(`${user}-secret`, 4)}\n`;
const basic = (user: string, password = `${user}-secret`) => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
});
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

type Files = { directory: string; htpasswd: string };

function files(t: TestContext): Files {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-access-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const htpasswd = join(directory, 'htpasswd');
  writeFileSync(htpasswd, `# users\n${['joe', 'ann', 'ci'].map(lineOf).join('')}`);
  return { directory, htpasswd };
}

async function closed(
  t: TestContext,
  options: Partial<RegistryServerOptions> = {},
  config?: object,
): Promise<TestRegistry> {
  const { directory, htpasswd } = files(t);
  if (config === undefined) return TestRegistry.start(t, { htpasswd, ...options });
  const path = join(directory, 'config.json');
  writeFileSync(path, JSON.stringify(config));
  return TestRegistry.start(t, { htpasswd, config: path, ...options });
}

async function tokenFor(registry: TestRegistry, scope: string, headers = {}): Promise<string> {
  const answer = await registry.ask(`GET /token?service=slipway-registry&scope=${scope}`, { headers });
  assert.equal(answer.status, 200, String(answer.body));
  return (answer.json as { token: string }).token;
}

const status = (answer: Answer) => `${answer.status} ${codeOf(answer) ?? ''}`.trim();

describe('Basic', () => {
  test('who proves nothing is asked to, who proves it wrongly is refused, who proves it gets in', async t => {
    const registry = await closed(t);
    const answer = await registry.ask('GET /v2/');
    assert.equal(status(answer), '401 UNAUTHORIZED');
    assert.match(answer.headers['www-authenticate'] ?? '', /^Basic realm="/);
    for (const headers of [
      basic('joe', 'x'),
      basic('nobody'),
      { authorization: 'Basic ???' },
      { authorization: 'Digest x' },
    ])
      assert.equal(status(await registry.ask('GET /v2/', { headers })), '401 UNAUTHORIZED');
    for (let time = 0; time < 2; time++)
      assert.equal((await registry.ask('GET /v2/', { headers: basic('joe') })).status, 200);
    const pushed = await registry.ask('POST /v2/app/blobs/uploads/', { headers: basic('joe') });
    assert.equal(pushed.status, 202);
    assert.equal(status(await registry.ask('POST /v2/app/blobs/uploads/')), '401 UNAUTHORIZED');
  });

  test('an upload is for who began it', async t => {
    const registry = await closed(t);
    const location = locationOf(await registry.ask('POST /v2/app/blobs/uploads/', { headers: basic('joe') }));
    for (const line of [
      `PATCH ${location}`,
      `GET ${location}`,
      `DELETE ${location}`,
      `PUT ${location}?digest=${sha256('x')}`,
    ])
      assert.equal(
        status(await registry.ask(line, { headers: { ...basic('ann'), 'content-length': 1 }, body: 'x' })),
        '404 BLOB_UPLOAD_UNKNOWN',
      );
    const other = location.replace('/app/', '/other/');
    assert.equal(
      status(await registry.ask(`PATCH ${other}`, { headers: basic('joe'), body: 'x' })),
      '404 BLOB_UPLOAD_UNKNOWN',
    );
    assert.equal((await registry.ask(`PATCH ${location}`, { headers: basic('joe'), body: 'x' })).status, 202);
  });

  test('anybody may pull where that is allowed, and nothing else', async t => {
    const registry = await closed(t, { anonymousPull: true });
    const headers = basic('joe');
    await registry.ask(`POST /v2/app/blobs/uploads/?digest=${sha256('x')}`, { headers, body: 'x' });
    assert.equal((await registry.ask(`GET /v2/app/blobs/${sha256('x')}`)).status, 200);
    assert.equal(status(await registry.ask('POST /v2/app/blobs/uploads/')), '401 UNAUTHORIZED');
    assert.equal(status(await registry.ask(`DELETE /v2/app/blobs/${sha256('x')}`)), '401 UNAUTHORIZED');
    assert.equal(
      status(await registry.ask(`GET /v2/app/blobs/${sha256('x')}`, { headers: basic('joe', 'x') })),
      '401 UNAUTHORIZED',
    );
  });

  test('users are read again when their file changes; a bad file changes nothing', async t => {
    const { htpasswd } = files(t);
    const registry = await TestRegistry.start(t, { htpasswd });
    const write = (content: string) => {
      writeFileSync(`${htpasswd}.new`, content);
      renameSync(`${htpasswd}.new`, htpasswd);
    };
    const statusOf = async (user: string) =>
      (await registry.ask('GET /v2/', { headers: basic(user) })).status;
    assert.equal(await statusOf('joe'), 200);
    write(lineOf('ann') + lineOf('new'));
    await until(async () => (await statusOf('new')) === 200);
    assert.equal(await statusOf('joe'), 401);
    write('ann:plain\n');
    write(`ann:plain\n${lineOf('joe')}`);
    assert.equal(await statusOf('ann'), 200);
  });

  test('a file with other hashes than bcrypt is refused', async t => {
    const { directory } = files(t);
    const htpasswd = join(directory, 'other');
    writeFileSync(htpasswd, 'joe:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n');
    await assert.rejects(TestRegistry.start(t, { htpasswd }), {
      kind: 'invalid-parameter',
      message: /line 1 has no user with a bcrypt hash/,
    });
  });
});

const RULES = {
  access: [
    { repositories: 'public/**', anonymous: true, users: '*', actions: 'pull' },
    { repositories: 'team/**', users: ['joe'], actions: ['pull', 'push', 'delete'] },
    { repositories: ['team/app', 'ci/*'], users: 'ci', actions: ['pull', 'push'] },
  ],
};

test('rules say who may do what where, and _catalog tells of nothing else', async t => {
  const registry = await closed(t, {}, RULES);
  const may = async (user: string, line: string) => {
    const answer = await registry.ask(line, { headers: user === '' ? {} : basic(user) });
    return answer.status < 400 || answer.status === 404 ? 'yes' : String(answer.status);
  };
  const expected = [
    ['joe', 'team/app', 'yes yes yes'],
    ['joe', 'team/other', 'yes yes yes'],
    ['joe', 'public/x', 'yes 403 403'],
    ['ci', 'team/app', 'yes yes 403'],
    ['ci', 'ci/a', 'yes yes 403'],
    ['ci', 'ci/a/b', '403 403 403'],
    ['ci', 'team/other', '403 403 403'],
    ['ann', 'public/a/b', 'yes 403 403'],
    ['', 'public/a', 'yes 401 401'],
    ['', 'team/app', '401 401 401'],
  ] as const;
  for (const [user, name, wanted] of expected) {
    const found = [
      await may(user, `GET /v2/${name}/manifests/x`),
      await may(user, `POST /v2/${name}/blobs/uploads/`),
      await may(user, `DELETE /v2/${name}/manifests/x`),
    ];
    assert.equal(found.join(' '), wanted, `${user} at ${name}`);
  }
  for (const name of ['team/app', 'ci/a']) {
    const line = `POST /v2/${name}/blobs/uploads/?digest=${sha256('x')}`;
    const owner = name === 'ci/a' ? 'ci' : 'joe';
    assert.equal((await registry.ask(line, { headers: basic(owner), body: 'x' })).status, 201);
  }
  for (const [user, repositories] of [
    ['joe', ['team/app']],
    ['ci', ['ci/a', 'team/app']],
    ['ann', []],
  ] as const)
    assert.deepEqual((await registry.ask('GET /v2/_catalog', { headers: basic(user) })).json, {
      repositories,
    });
  // A mount takes what one may pull, and nothing else.
  const mount = `POST /v2/team/other/blobs/uploads/?mount=${sha256('x')}`;
  assert.equal((await registry.ask(`${mount}&from=ci/a`, { headers: basic('joe') })).status, 202);
  assert.equal((await registry.ask(`${mount}&from=team/app`, { headers: basic('joe') })).status, 201);
  assert.equal(status(await registry.ask('POST /v2/_slipway/gc', { headers: basic('joe') })), '403 DENIED');
});

describe('tokens', () => {
  test('a challenge names the service and the scope, its token opens that, and nothing else', async t => {
    const registry = await closed(t, { usesTokens: true }, RULES);
    const refused = await registry.ask('POST /v2/team/app/blobs/uploads/');
    assert.equal(status(refused), '401 UNAUTHORIZED');
    assert.equal(
      refused.headers['www-authenticate'],
      `Bearer realm="http://${registry.host}/token",service="slipway-registry",scope="repository:team/app:pull,push"`,
    );
    const token = await tokenFor(registry, 'repository:team/app:pull,push,delete', basic('ci'));
    const post = (name: string) =>
      registry.ask(`POST /v2/${name}/blobs/uploads/`, { headers: bearer(token) });
    assert.equal((await post('team/app')).status, 202);
    assert.equal(status(await post('team/other')), '403 DENIED');
    // The rules would allow it; another token is needed.
    assert.equal(status(await post('ci/a')), '401 UNAUTHORIZED');
    const remove = await registry.ask('DELETE /v2/team/app/manifests/x', { headers: bearer(token) });
    assert.equal(status(remove), '403 DENIED');
    assert.equal((await registry.ask('GET /v2/', { headers: bearer(token) })).status, 200);
  });

  test('anybody gets a token for what anybody may; a wrong password never gets that one', async t => {
    const registry = await closed(t, { usesTokens: true }, RULES);
    const token = await tokenFor(registry, 'repository:public/a:pull,push');
    assert.equal((await registry.ask('GET /v2/public/a/tags/list', { headers: bearer(token) })).status, 404);
    assert.equal(
      status(await registry.ask('POST /v2/public/a/blobs/uploads/', { headers: bearer(token) })),
      '401 UNAUTHORIZED',
    );
    const wrong = await registry.ask('GET /token?scope=repository:public/a:pull', {
      headers: basic('joe', 'x'),
    });
    assert.equal(status(wrong), '401 UNAUTHORIZED');
  });

  test('by POST with a password, and with the refresh token that comes of it', async t => {
    const registry = await closed(t, { usesTokens: true });
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const post = (form: Record<string, string>) =>
      registry.ask('POST /token', { headers, body: new URLSearchParams(form).toString() });
    const scope = 'repository:app:pull,push';
    const first = await post({
      grant_type: 'password',
      username: 'joe',
      password: 'joe-secret',
      access_type: 'offline',
      scope,
    });
    const { refresh_token: refresh = '' } = first.json as { refresh_token?: string };
    const second = await post({ grant_type: 'refresh_token', refresh_token: refresh, scope });
    const { access_token: token = '' } = second.json as { access_token?: string };
    assert.equal((await registry.ask('POST /v2/app/blobs/uploads/', { headers: bearer(token) })).status, 202);
    for (const form of [
      { grant_type: 'password', username: 'joe', password: 'x' },
      { grant_type: 'password', username: '', password: '' },
      { grant_type: 'refresh_token', refresh_token: 'x' },
      { grant_type: 'refresh_token', refresh_token: token },
      {},
    ])
      assert.equal(status(await post(form as Record<string, string>)), '401 UNAUTHORIZED');
    // What refreshes opens nothing.
    assert.equal(status(await registry.ask('GET /v2/', { headers: bearer(refresh) })), '401 UNAUTHORIZED');
  });

  test('a refresh token ends with the password that it was given for', async t => {
    const { htpasswd } = files(t);
    const registry = await TestRegistry.start(t, { htpasswd, usesTokens: true });
    const answer = await registry.ask('GET /token?service=s&offline_token=true', { headers: basic('joe') });
    const { refresh_token: refresh = '' } = answer.json as { refresh_token?: string };
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refresh }).toString();
    assert.equal((await registry.ask('POST /token', { headers, body })).status, 200);
    writeFileSync(htpasswd, `joe:${hashSync('another', 4)}\n`);
    await registry.restart({ htpasswd, usesTokens: true });
    assert.equal(status(await registry.ask('POST /token', { headers, body })), '401 UNAUTHORIZED');
  });

  test('a token that is good, but not for this, is told so: clients do not ask for a password then', async t => {
    const registry = await closed(t, { usesTokens: true });
    const token = await tokenFor(registry, 'repository:app:pull');
    const refused = await registry.ask('GET /v2/app/manifests/1', { headers: bearer(token) });
    assert.equal(status(refused), '401 UNAUTHORIZED');
    assert.match(refused.headers['www-authenticate'] ?? '', /^Bearer .*error="insufficient_scope"/);
    const first = await registry.ask('GET /v2/app/manifests/1');
    assert.doesNotMatch(first.headers['www-authenticate'] ?? '', /error=/);
  });

  test('a list of repositories needs a token for that, and has what its user may pull', async t => {
    const registry = await closed(t, { usesTokens: true }, RULES);
    const push = await tokenFor(registry, 'repository:team/app:pull,push', basic('ci'));
    const headers = { ...bearer(push), 'content-length': '0' };
    const upload = await registry.ask('POST /v2/team/app/blobs/uploads/', { headers });
    const digest = sha256('x');
    await registry.ask(`PUT ${locationOf(upload)}?digest=${digest}`, { headers: bearer(push), body: 'x' });
    const refused = await registry.ask('GET /v2/_catalog', { headers: bearer(push) });
    assert.equal(status(refused), '401 UNAUTHORIZED');
    assert.match(refused.headers['www-authenticate'] ?? '', /scope="registry:catalog:\*"/);
    const list = async (user: string) => {
      const token = await tokenFor(registry, 'registry:catalog:*', basic(user));
      return (await registry.ask('GET /v2/_catalog', { headers: bearer(token) })).json;
    };
    assert.deepEqual(await list('ci'), { repositories: ['team/app'] });
    const catalog = await tokenFor(registry, 'registry:catalog:*', basic('ci'));
    assert.equal(
      status(await registry.ask('GET /v2/team/app/tags/list', { headers: bearer(catalog) })),
      '401 UNAUTHORIZED',
    );
  });

  test('forged tokens, and those of users who are gone, are refused; others outlive a restart', async t => {
    const { htpasswd } = files(t);
    const registry = await TestRegistry.start(t, { htpasswd, usesTokens: true });
    const token = await tokenFor(registry, 'repository:app:pull', basic('joe'));
    const [head = '', body = '', signature = ''] = token.split('.');
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    const other = Buffer.from(Buffer.from(body, 'base64url').toString().replace('joe', 'ann')).toString(
      'base64url',
    );
    for (const forged of [`${head}.${other}.${signature}`, `${none}.${body}.`, 'x', `${head}.${body}`]) {
      const answer = await registry.ask('GET /v2/', { headers: bearer(forged) });
      assert.equal(status(answer), '401 UNAUTHORIZED');
      assert.match(answer.headers['www-authenticate'] ?? '', /error="invalid_token"/);
    }
    await registry.restart({ htpasswd, usesTokens: true });
    assert.equal((await registry.ask('GET /v2/', { headers: bearer(token) })).status, 200);
    writeFileSync(htpasswd, lineOf('ann'));
    await registry.restart({ htpasswd, usesTokens: true });
    assert.equal(status(await registry.ask('GET /v2/', { headers: bearer(token) })), '401 UNAUTHORIZED');
  });
});

test('read-only: what reads is answered, what changes is 405', async t => {
  const registry = await TestRegistry.start(t);
  const image = await registry.pushImage('app', 'v1');
  await registry.restart({ isReadOnly: true });
  assert.equal((await registry.ask('GET /v2/app/manifests/v1')).status, 200);
  for (const line of [
    'POST /v2/app/blobs/uploads/',
    `DELETE /v2/app/manifests/${image.digest}`,
    'PUT /v2/app/manifests/v2',
  ])
    assert.equal(status(await registry.ask(line)), '405 UNSUPPORTED');
});

test('behind a trusted proxy the token service has the name that clients know, and each client its own rate', async t => {
  const registry = await closed(t, {
    usesTokens: true,
    rateLimit: 1,
    trustedProxies: ['127.0.0.1'],
  });
  const through = (client: string, more = {}) =>
    registry.ask('GET /v2/', {
      headers: { 'x-forwarded-for': client, 'x-forwarded-proto': 'https', ...more },
    });
  const refused = await through('198.51.100.1', { 'x-forwarded-host': 'registry.example' });
  assert.match(
    refused.headers['www-authenticate'] ?? '',
    /^Bearer realm="https:\/\/registry\.example\/token"/,
  );
  // One network's addresses are one client.
  const statuses = await Promise.all(
    Array.from({ length: 30 }, async (_, index) => (await through(`2001:db8::${index + 1}`)).status),
  );
  assert.ok(statuses.filter(code => code === 429).length >= 10);
  assert.equal((await through('198.51.100.1')).status, 401);
});

test('nobody else is taken at their word on whom they ask for', async t => {
  const registry = await closed(t, { usesTokens: true, trustedProxies: ['192.0.2.1', 'unix'] });
  const headers = {
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'evil.example',
    forwarded: 'host=evil.example',
  };
  const refused = await registry.ask('GET /v2/', { headers });
  assert.match(
    refused.headers['www-authenticate'] ?? '',
    new RegExp(`^Bearer realm="http://${registry.host}/token"`),
  );
  await assert.rejects(TestRegistry.start(t, { trustedProxies: ['proxy'] }), { kind: 'invalid-parameter' });
});

test('a client that asks too much is told when to come again', async t => {
  const registry = await TestRegistry.start(t, { rateLimit: 1 });
  const answers = await Promise.all(Array.from({ length: 30 }, () => registry.ask('GET /v2/')));
  const refused = answers.filter(answer => answer.status === 429);
  assert.ok(refused.length >= 10, String(refused.length));
  assert.equal(refused[0]?.headers['retry-after'], '1');
  assert.equal(codeOf(refused[0]), 'TOOMANYREQUESTS');
});

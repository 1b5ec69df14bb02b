import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { AuthConfig } from '../../../api/types.ts';
import { FakeRegistry, sendRegistryError } from '../../../registry/testing/fake-registry.ts';
import { TestDaemon } from '../../testing/test-daemon.ts';

const signal = new AbortController().signal;

async function place(t: TestContext) {
  const { backend } = await TestDaemon.open(t);
  const registry = await FakeRegistry.start(t);
  const inspect = (name: string, auth: AuthConfig = {}) =>
    backend.distributionInspect(`${registry.host}/${name}`, { auth, signal });
  const login = (auth: AuthConfig) =>
    backend.registryLogin({ auth: { serveraddress: registry.host, ...auth }, signal });
  return { backend, registry, inspect, login };
}

test('what a registry has is told with its platforms', async t => {
  const { backend, registry, inspect } = await place(t);
  const { manifest } = registry.addImage('a:1', []);
  const { mediaType, digest, size } = manifest;
  assert.deepEqual(await inspect('a:1'), {
    Descriptor: { mediaType, digest, size },
    Platforms: [{ architecture: 'amd64', os: 'linux' }],
  });
  const platform = { architecture: 'arm', os: 'linux', variant: 'v7' };
  registry.addIndex('a:latest', [{ ...manifest, platform }]);
  assert.deepEqual((await inspect('a')).Platforms, [platform]);
  await assert.rejects(inspect('a:no'), { kind: 'not-found', message: 'manifest unknown' });
  await assert.rejects(backend.distributionInspect('0'.repeat(64), { auth: {}, signal }), {
    kind: 'invalid-parameter',
    message: 'no manifest found for full image ID',
  });
});

test('a login succeeds with the right password, and where none is asked for', async t => {
  const { registry, login } = await place(t);
  const succeeded = { IdentityToken: '', Status: 'Login Succeeded' };
  assert.deepEqual(await login({ username: 'me', password: 'any' }), succeeded);
  registry.password = 'me:secret';
  assert.deepEqual(await login({ username: 'me', password: 'secret' }), succeeded);
  assert.deepEqual(
    await login({ username: 'me', password: 'secret', serveraddress: `http://${registry.host}/v1/` }),
    succeeded,
  );
  assert.deepEqual(await login({ auth: btoa('me:secret') }), succeeded);
  await assert.rejects(login({ username: 'me', password: 'wrong' }), {
    kind: 'unauthorized',
    message: `login attempt to http://${registry.host}/v2/ failed with status: 401 Unauthorized`,
  });
  await assert.rejects(login({}), {
    kind: 'forbidden',
    message: `Get "http://${registry.host}/v2/": no basic auth credentials`,
  });
  await assert.rejects(login({ serveraddress: 'no host at all' }), { kind: 'invalid-parameter' });
});

test('why a login fails is told in Docker’s words', async t => {
  const { registry, login } = await place(t);
  const url = `http://${registry.host}/v2/`;
  const document = (code: string, message: string) => JSON.stringify({ errors: [{ code, message }] });
  type Words = [status: number, body: string];
  const attempt = async (own: Words, token?: Words, challenge = 'Basic realm="r"') => {
    registry.intercept = (request, response) => {
      const isToken = request.url?.startsWith('/token') === true;
      const [status, body] = isToken && token !== undefined ? token : own;
      if (status === 401 && !isToken) response.setHeader('WWW-Authenticate', challenge);
      const contentType = body.startsWith('{') ? 'application/json' : 'text/plain';
      response.writeHead(status, { 'content-type': contentType }).end(body);
      return true;
    };
    const failure = login({ username: 'me', password: 'wrong' });
    return failure.then(
      () => assert.fail('it succeeded'),
      (error: Error) => error.message,
    );
  };
  // The registry itself: its status is all that is told.
  for (const [status, text, body] of [
    [401, '401 Unauthorized', ''],
    [401, '401 Unauthorized', 'go away'],
    [401, '401 Unauthorized', document('UNAUTHORIZED', 'authentication required')],
    [401, '401 Unauthorized', document('UNAUTHORIZED', 'incorrect username or password')],
    [403, '403 Forbidden', document('DENIED', 'no entry')],
    [404, '404 Not Found', 'nothing'],
    [429, '429 Too Many Requests', document('TOOMANYREQUESTS', 'slow down')],
    [500, '500 Internal Server Error', 'boom'],
  ] as const)
    assert.equal(await attempt([status, body]), `login attempt to ${url} failed with status: ${text}`);
  // Its token service: its words, as the request for which it was asked.
  const required: Words = [401, document('UNAUTHORIZED', 'authentication required')];
  for (const [status, body, words] of [
    [401, '{"details":"incorrect username or password"}', 'unauthorized: incorrect username or password'],
    [401, document('UNAUTHORIZED', 'authentication required'), 'unauthorized'],
    [401, document('UNAUTHORIZED', 'bad password'), 'unauthorized: bad password'],
    [401, 'go away', 'unauthorized: go away'],
    [401, '', 'unauthorized: authentication required'],
    [403, document('DENIED', 'access denied'), 'denied: access denied'],
    [404, 'x', 'unknown: x'],
    [500, 'x', 'received unexpected HTTP status: 500 Internal Server Error'],
    [200, '{}', 'authorization server did not include a token in the response'],
  ] as const)
    assert.equal(
      await attempt(required, [status, body], 'Bearer realm="/token",service="s"'),
      `Get "${url}": ${words}`,
    );
  // A token that the registry does not take.
  for (const more of ['', ',error="invalid_token"'])
    assert.equal(
      await attempt(required, [200, '{"token":"abc"}'], `Bearer realm="/token",service="s"${more}`),
      `login attempt to ${url} failed with status: 401 Unauthorized`,
    );
});

test('a token service gives an identity token at a login', async t => {
  const { registry, login } = await place(t);
  registry.intercept = (request, response) => {
    const { searchParams, pathname } = new URL(request.url ?? '', 'http://x');
    if (pathname === '/token') {
      assert.equal(searchParams.get('offline_token'), 'true');
      response.end(JSON.stringify({ token: 'good', refresh_token: 'identity' }));
      return true;
    }
    if (request.headers.authorization === 'Bearer good') return false;
    response.setHeader('WWW-Authenticate', 'Bearer realm="/token",service="s"');
    sendRegistryError(response, 401, 'UNAUTHORIZED', 'authentication required');
    return true;
  };
  const answer = await login({ username: 'me', password: 'secret' });
  assert.deepEqual(answer, { IdentityToken: 'identity', Status: 'Login Succeeded' });
});

test('a registry’s index is searched, and what it finds is filtered', async t => {
  const { backend, registry } = await place(t);
  const results = [
    { name: 'a/box', description: 'A box', star_count: 7, is_official: true },
    { name: 'b/box', star_count: 2 },
  ];
  registry.intercept = (request, response) => {
    if (request.url !== '/v1/search?q=box%2Fx&n=5') return false;
    response.end(JSON.stringify({ results }));
    return true;
  };
  const search = (term: string, filters: [string, string[]][] = []) =>
    backend.imageSearch({
      term: `${registry.host}/${term}`,
      limit: 5,
      filters: new Map(filters),
      auth: {},
      signal,
    });
  const complete = { description: '', is_official: false, is_automated: false };
  assert.deepEqual(
    await search('box/x'),
    results.map(result => ({ ...complete, ...result })),
  );
  const names = async (...filters: [string, string[]][]) =>
    (await search('box/x', filters)).map(({ name }) => name);
  assert.deepEqual(await names(['stars', ['3']]), ['a/box']);
  assert.deepEqual(await names(['is-official', ['false']]), ['b/box']);
  assert.deepEqual(await names(['is-automated', ['true']]), []);
  await assert.rejects(names(['stars', ['x']]), {
    kind: 'invalid-parameter',
    message: "invalid filter 'stars=x'",
  });
  await assert.rejects(search('nothing'), { message: 'Unexpected status code 404' });
});

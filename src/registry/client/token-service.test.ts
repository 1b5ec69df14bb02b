import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { parseReference } from '../../oci/reference.ts';
import { FakeRegistry, sendRegistryError } from '../testing/fake-registry.ts';
import { openRepository } from '../testing/open-repository.ts';
import { mayHaveSecrets } from './token-service.ts';

type Asked = {
  method: string;
  query: URLSearchParams;
  authorization: string | undefined;
  form: URLSearchParams;
};

/** A registry with a token service, which gives what `answer` says: a status, or a document. */
async function withTokens(t: TestContext, answer: (asked: Asked) => object | number) {
  const registry = await FakeRegistry.start(t);
  const asked: Asked[] = [];
  registry.addImage('a:1', []);
  registry.intercept = async (request, response) => {
    if (request.url?.startsWith('/token')) {
      const one = await askedOf(request);
      asked.push(one);
      const result = answer(one);
      if (typeof result === 'number')
        sendRegistryError(response, result, 'UNAUTHORIZED', 'incorrect username or password');
      else response.end(JSON.stringify(result));
      return true;
    }
    if (request.headers.authorization === 'Bearer good') return false;
    response.setHeader(
      'WWW-Authenticate',
      'Bearer realm="/token",service="the service",scope="repository:a:pull"',
    );
    sendRegistryError(response, 401, 'UNAUTHORIZED', 'authentication required');
    return true;
  };
  return { registry, asked, name: `${registry.host}/a`, reference: parseReference(`${registry.host}/a:1`) };
}

async function askedOf(request: IncomingMessage): Promise<Asked> {
  return {
    method: request.method ?? '',
    query: new URL(request.url ?? '', 'http://x').searchParams,
    authorization: request.headers.authorization,
    form: new URLSearchParams(await text(request)),
  };
}

test('an anonymous token is for the scope of the request, and serves all requests', async t => {
  const { asked, name, reference } = await withTokens(t, () => ({ token: 'good', expires_in: 300 }));
  const repository = await openRepository(t, name);
  await Promise.all([repository.resolve(reference), repository.resolve(reference), repository.tags()]);
  assert.equal(asked.length, 1);
  assert.deepEqual(Object.fromEntries(asked[0]!.query), {
    service: 'the service',
    scope: 'repository:a:pull',
  });
  assert.equal(asked[0]!.authorization, undefined);
});

test('a password goes to the service, not to the registry; `access_token` is as good as `token`', async t => {
  const { registry, asked, name, reference } = await withTokens(t, () => ({ access_token: 'good' }));
  const credentials = { kind: 'password', username: 'me', password: 'päss:word' } as const;
  await (await openRepository(t, name, { credentials })).resolve(reference);
  assert.equal(asked[0]!.authorization, `Basic ${Buffer.from('me:päss:word').toString('base64')}`);
  assert.equal(asked[0]!.query.get('account'), 'me');
  for (const { url, headers } of registry.seen)
    if (!url.startsWith('/token')) assert.ok(!headers.authorization?.startsWith('Basic'));
});

test('an identity token goes by POST, and by GET where that is not known', async t => {
  const credentials = { kind: 'identity-token', token: 'identity', username: 'me' } as const;
  const modern = await withTokens(t, () => ({ access_token: 'good' }));
  await (await openRepository(t, modern.name, { credentials })).resolve(modern.reference);
  assert.deepEqual(Object.fromEntries(modern.asked[0]!.form), {
    grant_type: 'refresh_token',
    service: 'the service',
    client_id: 'slipway',
    scope: 'repository:a:pull',
    refresh_token: 'identity',
  });
  const old = await withTokens(t, ({ method }) => (method === 'POST' ? 405 : { token: 'good' }));
  await (await openRepository(t, old.name, { credentials })).resolve(old.reference);
  assert.deepEqual(
    old.asked.map(({ method }) => method),
    ['POST', 'GET'],
  );
  assert.equal(old.asked[1]!.authorization, `Basic ${btoa('me:identity')}`);
});

test('wrong credentials are an error, and never become an anonymous token', async t => {
  const { asked, name, reference } = await withTokens(t, ({ authorization }) =>
    authorization === undefined ? { token: 'good' } : 401,
  );
  const credentials = { kind: 'password', username: 'me', password: 'wrong' } as const;
  await assert.rejects((await openRepository(t, name, { credentials })).resolve(reference), {
    kind: 'unauthorized',
    message:
      /^Head "http:\/\/127\.0\.0\.1:\d+\/v2\/a\/manifests\/1": unauthorized: incorrect username or password$/,
  });
  assert.ok(asked.every(({ authorization }) => authorization !== undefined));
});

test('a token that is refused is fetched once more, not for ever', async t => {
  const { asked, name, reference } = await withTokens(t, () => ({
    token: asked.length === 1 ? 'old' : 'good',
  }));
  await (await openRepository(t, name)).resolve(reference);
  assert.equal(asked.length, 2);
  const bad = await withTokens(t, () => ({ token: 'never good' }));
  await assert.rejects((await openRepository(t, bad.name)).resolve(bad.reference), { kind: 'unauthorized' });
  assert.equal(bad.asked.length, 2);
});

test('a token that is not for what was asked is told as denied, at once', async t => {
  const { registry, asked, name, reference } = await withTokens(t, () => ({ token: 'good' }));
  const { intercept } = registry;
  registry.intercept = (request, response) => {
    if (request.headers.authorization !== 'Bearer good') return intercept(request, response);
    response.setHeader('WWW-Authenticate', 'Bearer realm="/token",service="s",error="insufficient_scope"');
    sendRegistryError(response, 401, 'UNAUTHORIZED', 'authentication required');
    return true;
  };
  await assert.rejects((await openRepository(t, name)).resolve(reference), {
    kind: 'forbidden',
    code: 'DENIED',
    message: 'denied: requested access to the resource is denied',
  });
  assert.equal(asked.length, 1);
});

test('a service that gives no token, or something else, is told', async t => {
  const empty = await withTokens(t, () => ({}));
  await assert.rejects(
    (await openRepository(t, empty.name)).resolve(empty.reference),
    /did not include a token/,
  );
  const odd = await withTokens(t, () => ({ token: 5 }));
  await assert.rejects(
    (await openRepository(t, odd.name)).resolve(odd.reference),
    /unable to decode token response/,
  );
});

test('secrets go to token services of the registry’s host or domain, and not from HTTPS to HTTP', async () => {
  const may = (realm: string, registry: string) => mayHaveSecrets(new URL(realm), new URL(registry));
  for (const [realm, registry] of [
    ['https://auth.docker.io/token', 'https://registry-1.docker.io/v2'],
    ['https://gitlab.com/jwt/auth', 'https://registry.gitlab.com/v2'],
    ['https://registry.io:8443/token', 'https://registry.io/v2'],
    ['https://auth.example.co.uk/token', 'https://registry.example.co.uk/v2'],
    ['https://auth.team.corp/token', 'https://registry.team.corp/v2'],
    ['http://10.0.0.1:5001/token', 'http://10.0.0.1:5000/v2'],
  ] as const)
    assert.ok(await may(realm, registry), `${realm} for ${registry}`);
  for (const [realm, registry] of [
    ['https://evil.com/token', 'https://registry.io/v2'],
    ['https://registry.io.evil.com/token', 'https://registry.io/v2'],
    ['http://registry.io/token', 'https://registry.io/v2'],
    ['https://10.0.0.2/token', 'https://10.0.0.1/v2'],
    ['https://[::2]/token', 'https://[::1]/v2'],
    // Below these anybody can have a name.
    ['https://evil.co.uk/token', 'https://registry.co.uk/v2'],
    ['https://co.uk/token', 'https://registry.co.uk/v2'],
    ['https://evil.github.io/token', 'https://team.github.io/v2'],
    ['https://evil.s3.amazonaws.com/token', 'https://team.s3.amazonaws.com/v2'],
    ['https://auth/token', 'https://registry/v2'],
  ] as const)
    assert.ok(!(await may(realm, registry)), `${realm} for ${registry}`);
});

test('secrets go where somebody has said that they may, by host and port, and still not from HTTPS to HTTP', async () => {
  const registry = new URL('https://registry.io/v2');
  const may = (realm: string) => mayHaveSecrets(new URL(realm), registry, ['auth.example.com', 'a.b:8443']);
  assert.ok(await may('https://auth.example.com/token'));
  assert.ok(await may('https://a.b:8443/token'));
  assert.ok(!(await may('https://a.b/token')));
  assert.ok(!(await may('http://auth.example.com/token')));
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeServer } from '../testing/fake-server.ts';

const USER = { username: 'me', password: 'p\u00e4ss?>' };
const encoded = Buffer.from(JSON.stringify(USER)).toString('base64');

test('X-Registry-Auth is decoded from either base64 alphabet, padded or not; one that cannot be decoded gives no credentials', async context => {
  const { ask } = await fakeServer(context, {
    distributionInspect: async (name, { auth }) => {
      assert.equal(name, 'reg:5000/a/b:1');
      return { Descriptor: auth, Platforms: [] } as never;
    },
  });
  const inspect = async (header: string) => {
    const { text } = await ask('GET /distribution/reg:5000/a/b:1/json', {
      headers: { 'X-Registry-Auth': header },
    });
    return JSON.parse(text).Descriptor;
  };
  const url = encoded.replaceAll('+', '-').replaceAll('/', '_');
  for (const header of [encoded, url, encoded.replace(/=+$/, ''), url.replace(/=+$/, '')])
    assert.deepEqual(await inspect(header), USER);
  for (const header of ['!', 'e30', btoa('[]'), btoa('{"username":5}'), btoa('x')])
    assert.deepEqual(await inspect(header), {});
});

test('a login is answered with an identity token; what is no login is refused', async context => {
  const { ask } = await fakeServer(context, {
    registryLogin: async ({ auth }) => ({ IdentityToken: auth.username ?? '', Status: 'Login Succeeded' }),
  });
  const headers = { 'Content-Type': 'application/json' };
  const { text } = await ask('POST /auth', { headers, body: JSON.stringify(USER) });
  assert.deepEqual(JSON.parse(text), { IdentityToken: 'me', Status: 'Login Succeeded' });
  for (const body of ['', '{"username":', '{"username":5}'])
    assert.equal((await ask('POST /auth', { headers, body })).status, 400);
});

test('a search has a term, filters and a limit of at most 100', async context => {
  const { ask } = await fakeServer(context, {
    imageSearch: async ({ term, limit, filters }) =>
      [{ name: `${term} ${limit} ${[...filters.keys()].join()}` }] as never,
  });
  const search = async (query: string) => JSON.parse((await ask(`GET /images/search?${query}`)).text);
  assert.deepEqual(await search('term=box'), [{ name: 'box 25 ' }]);
  assert.deepEqual(await search('term=a/b&limit=100&filters={"stars":["3"]}'), [{ name: 'a/b 100 stars' }]);
  assert.deepEqual(await search('term=x&limit=101'), {
    message: 'limit 101 is outside the range of [1, 100]',
  });
  assert.deepEqual(await search('term=x&limit=-1'), { message: 'limit -1 is outside the range of [1, 100]' });
  assert.deepEqual(await search('term=x&limit=abc'), {
    message: 'invalid limit specified: strconv.Atoi: parsing "abc": invalid syntax',
  });
  assert.deepEqual(await search('term=x&filters={"foo":["a"]}'), { message: "invalid filter 'foo'" });
});

test('the path of distribution ends in json', async context => {
  const { ask } = await fakeServer(context, {});
  assert.equal((await ask('GET /distribution/a/b')).status, 404);
});

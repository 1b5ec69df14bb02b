import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { DOCKER_MANIFEST, OCI_INDEX } from '../../oci/image-spec.ts';
import { parseReference } from '../../oci/reference.ts';
import { FakeRegistry, sendRegistryError } from '../testing/fake-registry.ts';
import { openRepository } from '../testing/open-repository.ts';
import { platformManifest } from './platform-manifest.ts';

const LAYER = Buffer.from('layer');

async function registryWithImage(t: TestContext) {
  const registry = await FakeRegistry.start(t);
  const image = registry.addImage('a:1', [LAYER]);
  return { registry, image, name: `${registry.host}/a:1`, reference: parseReference(`${registry.host}/a:1`) };
}

test('a tag is resolved without its content, and by that where the registry tells nothing of it', async t => {
  const { registry, image, name, reference } = await registryWithImage(t);
  const repository = await openRepository(t, name);
  assert.deepEqual(await repository.resolve(reference), image.manifest);
  assert.equal(registry.count('GET', '/manifests/'), 0);
  registry.intercept = (request, response) => {
    if (request.method !== 'HEAD') return false;
    response.writeHead(200).end();
    return true;
  };
  assert.deepEqual(await repository.resolve(reference), image.manifest);
  assert.equal(registry.count('GET', '/manifests/1'), 1);
  for (const { headers } of registry.seen) assert.equal(headers.accept?.split(', ').length, 4);
});

const DOCUMENTS: [string, string, string | object, RegExp][] = [
  ['a page', 'text/html', '<html>Welcome to our hotel</html>', /invalid manifest: .*text\/html/],
  ['both in one', OCI_INDEX, { manifests: [], layers: [] }, /both manifests and layers/],
  ['nothing', OCI_INDEX, {}, /neither manifests nor layers/],
  ['another type', DOCKER_MANIFEST, { mediaType: OCI_INDEX, manifests: [] }, /the registry says/],
  [
    'schema 1',
    'application/vnd.docker.distribution.manifest.v1+prettyjws',
    '{}',
    /schema 1 support has been removed/,
  ],
  ['the wrong kind', OCI_INDEX, { config: {}, layers: [] }, /it is no /],
];

for (const [what, mediaType, document, message] of DOCUMENTS)
  test(`${what} is no manifest`, async t => {
    const { registry, name, reference } = await registryWithImage(t);
    registry.intercept = (request, response) => {
      if (!request.url?.includes('/manifests/')) return false;
      response.writeHead(200, { 'Content-Type': mediaType });
      response.end(typeof document === 'string' ? document : JSON.stringify(document));
      return true;
    };
    const repository = await openRepository(t, name);
    await assert.rejects(repository.manifest(reference), { kind: 'invalid-parameter', message });
  });

test('a manifest has the digest that was asked for, that the registry says, and a bounded size', async t => {
  const { registry, image, name, reference } = await registryWithImage(t);
  const repository = await openRepository(t, name);
  const { domain, path } = reference;
  let headers: Record<string, string> = {};
  let body: string | Buffer = '{"config":{},"layers":[]}';
  registry.intercept = (_request, response) => {
    response.writeHead(200, headers).end(body);
    return true;
  };
  const verification = { kind: 'data-loss', message: /manifest verification failed for digest sha256:/ };
  await assert.rejects(repository.manifest({ domain, path, digest: image.manifest.digest }), verification);
  headers = { 'Docker-Content-Digest': image.manifest.digest };
  await assert.rejects(repository.manifest(reference), verification);
  headers = {};
  body = Buffer.alloc(5 << 20, ' ');
  await assert.rejects(repository.manifest(reference), { kind: 'data-loss', message: /more than/ });
});

test('the manifest for a platform is found in indexes within indexes; attestations are none', async t => {
  const { registry, name, reference } = await registryWithImage(t);
  const platform = (architecture: string, os = 'linux') => ({ os, architecture });
  const [amd, arm] = ['amd64', 'arm64'].map(architecture =>
    registry.addImage(`a:${architecture}`, [LAYER], { architecture }),
  );
  const unknown = registry.addImage('a:attestation', []).manifest;
  const inner = registry.addIndex('a:inner', [{ ...arm!.manifest, platform: platform('arm64') }]);
  registry.addIndex('a:1', [
    { ...unknown, platform: platform('unknown', 'unknown') },
    inner,
    { ...amd!.manifest, platform: platform('amd64') },
  ]);
  const repository = await openRepository(t, name);
  const find = async (architecture: string) =>
    platformManifest(
      { manifest: child => repository.childManifest(child) },
      {
        top: await repository.manifest(reference),
        platform: platform(architecture),
      },
    );
  assert.equal((await find('amd64')).digest, amd!.manifest.digest);
  assert.equal((await find('arm64')).digest, arm!.manifest.digest);
  await assert.rejects(find('s390x'), {
    kind: 'not-found',
    message: 'no matching manifest for linux/s390x in the manifest list entries',
  });
});

test('indexes that go on and on are refused', async t => {
  const { registry, image, name, reference } = await registryWithImage(t);
  let below = { ...image.manifest, platform: { os: 'linux', architecture: 'riscv64' } };
  for (let depth = 0; depth < 8; depth++) below = { ...below, ...registry.addIndex('a:1', [below]) };
  const repository = await openRepository(t, name);
  const top = await repository.manifest(reference);
  const search = platformManifest(
    { manifest: child => repository.childManifest(child) },
    {
      top,
      platform: { os: 'linux', architecture: 'amd64' },
    },
  );
  await assert.rejects(search, { kind: 'invalid-parameter', message: /too many indexes/ });
});

test('tags come from all pages, which stay with the registry and make no circle', async t => {
  const { registry, name } = await registryWithImage(t);
  const pages: Record<string, [string[], string?]> = {
    '/v2/a/tags/list': [['1', '2'], '</v2/a/tags/list?last=2&n=2>; rel="next"'],
    '/v2/a/tags/list?last=2&n=2': [['3'], '</v2/a/tags/list>; rel="next"'],
  };
  registry.intercept = (request, response) => {
    const [tags, link] = pages[request.url ?? ''] ?? [[]];
    response
      .writeHead(200, link === undefined ? {} : { Link: link })
      .end(JSON.stringify({ name: 'a', tags }));
    return true;
  };
  const repository = await openRepository(t, name);
  assert.deepEqual(await repository.tags(), ['1', '2', '3']);
  pages['/v2/a/tags/list'] = [['1'], '<https://elsewhere.io/v2/a/tags/list?n=1>; rel=next'];
  assert.deepEqual(await repository.tags(), ['1']);
});

test('referrers are those of the list, of all its pages, or of the fall-back tag where that is no list', async t => {
  const { registry, image, name } = await registryWithImage(t);
  const { digest } = image.manifest;
  const repository = await openRepository(t, name);
  const found = async () => (await repository.referrers(digest)).map(referrer => referrer.artifactType);
  const descriptor = (artifactType: string) => ({ ...image.manifest, artifactType });
  const index = (artifactType: string) =>
    JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [descriptor(artifactType)] });
  type Page = { status?: number; type?: string; link?: string; body: string };
  let pages: Record<string, Page> = {};
  registry.intercept = ({ url = '' }, response) => {
    if (!url.includes('/referrers/')) return false;
    const {
      status = 200,
      type = OCI_INDEX,
      link,
      body,
    } = pages[new URL(url, 'http://r').search] ?? { status: 404, body: '' };
    response.writeHead(status, { 'Content-Type': type, ...(link && { Link: link }) }).end(body);
    return true;
  };
  const path = `/v2/a/referrers/${digest}`;
  pages = {
    '': { body: index('a/1'), link: `<${path}?last=1>; rel="next"` },
    '?last=1': { body: index('a/2'), link: `<${path}>; rel="next"` },
  };
  assert.deepEqual(await found(), ['a/1', 'a/2']);
  const noLists: Page[] = [
    { status: 404, body: '' },
    { status: 400, body: '' },
    { type: 'text/html', body: '<html>Welcome to our hotel</html>' },
    { type: 'application/json', body: index('a/json') },
  ];
  for (const page of noLists) {
    pages = { '': page };
    registry.manifests.delete(`a:${digest.replace(':', '-')}`);
    assert.deepEqual(await found(), []);
    registry.addIndex(`a:${digest.replace(':', '-')}`, [descriptor('a/tagged')]);
    assert.deepEqual(await found(), ['a/tagged']);
  }
  pages = { '': { status: 500, body: '' } };
  await assert.rejects(found(), /500 Internal Server Error/);
});

test('a mirror that fails in any way leaves it to the registry, without its credentials', async t => {
  const { registry, image, reference } = await registryWithImage(t);
  registry.password = 'me:secret';
  const mirror = await FakeRegistry.start(t);
  const directory = mkdtempSync(join(tmpdir(), 'slipway-mirror-'));
  t.after(() => rmSync(directory, { recursive: true }));
  mkdirSync(join(directory, registry.host));
  const hosts = `server = "http://${registry.host}"\n[host."http://127.0.0.1:1"]\n[host."http://${mirror.host}"]\n`;
  writeFileSync(join(directory, registry.host, 'hosts.toml'), hosts);
  const answers: ((response: Parameters<FakeRegistry['intercept']>[1]) => void)[] = [
    response => sendRegistryError(response, 429, 'TOOMANYREQUESTS', 'no'),
    response => response.writeHead(500).end(),
    response => response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="mine"' }).end(),
    response => response.writeHead(200, { 'Content-Type': OCI_INDEX }).end('<html>'),
    response => void response.destroy(),
  ];
  for (const answer of answers) {
    mirror.intercept = (_request, response) => {
      answer(response);
      return true;
    };
    const repository = await openRepository(t, `${registry.host}/a`, {
      certificateDirectories: [directory],
      credentials: { kind: 'password', username: 'me', password: 'secret' },
    });
    assert.equal((await repository.manifest(reference)).digest, image.manifest.digest);
  }
  assert.ok(mirror.seen.length >= answers.length);
  for (const { headers } of mirror.seen) assert.equal(headers.authorization, undefined);
});

test('errors are in the registry’s words, whatever it sends', async t => {
  const { registry, name, reference } = await registryWithImage(t);
  const repository = await openRepository(t, name);
  const cases: [number, string, object][] = [
    [
      404,
      '{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}',
      { kind: 'not-found', message: 'manifest unknown' },
    ],
    [
      404,
      '{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown","detail":{"Tag":"1"}}]}',
      { kind: 'not-found', message: 'manifest unknown: manifest unknown' },
    ],
    [404, 'nothing here', { kind: 'not-found', message: 'unknown: nothing here' }],
    [401, '', { kind: 'unauthorized', message: 'unauthorized: authentication required' }],
    [401, 'who are you?', { kind: 'unauthorized', message: 'unauthorized: who are you?' }],
    [403, '', { kind: 'forbidden', message: 'denied: requested access to the resource is denied' }],
    [
      403,
      '{"errors":[{"code":"DENIED","message":"no entry"}]}',
      { kind: 'forbidden', code: 'DENIED', message: 'denied: no entry' },
    ],
    [403, '<html>\u001b[31mno\n</html>', { kind: 'forbidden', message: 'denied: <html> [31mno </html>' }],
    [429, '', { kind: 'resource-exhausted', message: 'toomanyrequests: too many requests' }],
    [
      500,
      '<html>',
      { kind: 'system', message: 'received unexpected HTTP status: 500 Internal Server Error' },
    ],
    [418, '', { message: "received unexpected HTTP status: 418 I'm a Teapot" }],
  ];
  for (const [status, body, expected] of cases) {
    registry.intercept = (_request, response) => {
      response.writeHead(status).end(body);
      return true;
    };
    await assert.rejects(repository.manifest(reference), expected);
  }
});

test('a refusal of HEAD, which has no words, is told in those of GET', async t => {
  const { registry, name, reference } = await registryWithImage(t);
  const repository = await openRepository(t, name);
  for (const [status, kind, code] of [
    [429, 'resource-exhausted', 'TOOMANYREQUESTS'],
    [451, 'unavailable', 'UNAVAILABLE'],
    [451, 'forbidden', 'DENIED'],
    [405, 'not-implemented', 'UNSUPPORTED'],
    [410, 'system', 'GONE'],
    [413, 'invalid-parameter', 'SIZE_INVALID'],
  ] as const) {
    registry.intercept = ({ method }, response) => {
      if (method === 'HEAD') response.writeHead(status, { 'Retry-After': '0' }).end();
      else sendRegistryError(response, status, code, 'the reason');
      return true;
    };
    const message = `${code.toLowerCase().replace('_', ' ')}: the reason`;
    await assert.rejects(repository.resolve(reference), { kind, message });
  }
});

test('a registry that asks for a long wait is not waited for, but told of', async t => {
  const { registry, name, reference } = await registryWithImage(t);
  const repository = await openRepository(t, name);
  registry.intercept = (_request, response) => {
    response.setHeader('Retry-After', '21600');
    sendRegistryError(response, 429, 'TOOMANYREQUESTS', 'come back tomorrow');
    return true;
  };
  await assert.rejects(repository.resolve(reference), {
    kind: 'resource-exhausted',
    message: 'toomanyrequests: come back tomorrow',
    retryAfterMs: 21_600_000,
  });
  assert.deepEqual(
    registry.seen.map(({ method }) => method),
    ['HEAD', 'GET'],
  );
});

test('who is not there is told with the address, as Go does', async t => {
  const nobody = await openRepository(t, '127.0.0.1:1/a');
  await assert.rejects(nobody.resolve(parseReference('127.0.0.1:1/a:1')), {
    kind: 'system',
    message: 'Head "http://127.0.0.1:1/v2/a/manifests/1": dial tcp 127.0.0.1:1: connect: connection refused',
  });
});

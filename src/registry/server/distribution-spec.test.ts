/** The requirements of OCI's distribution-spec 1.1, by their sections. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { DOCKER_MANIFEST, OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST } from '../../oci/image-spec.ts';
import { type Answer, codeOf, locationOf, sha256, sha512, TestRegistry } from './testing/test-registry.ts';

function assertError(answer: Answer, status: number, code: string): void {
  assert.equal(`${answer.status} ${codeOf(answer)}`, `${status} ${code}`, String(answer.body));
}

test('Determining Support: GET /v2/ answers 200', async t => {
  const registry = await TestRegistry.start(t);
  for (const line of ['GET /v2/', 'GET /v2']) {
    const answer = await registry.ask(line);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['docker-distribution-api-version'], 'registry/2.0');
  }
});

describe('Pulling manifests', () => {
  test('GET answers by tag and by digest with the exact bytes, their type, length and digest', async t => {
    const registry = await TestRegistry.start(t);
    const image = await registry.pushImage('team/app', 'v1');
    for (const reference of ['v1', image.digest]) {
      const answer = await registry.ask(`GET /v2/team/app/manifests/${reference}`);
      assert.equal(answer.status, 200);
      assert.equal(sha256(answer.body), image.digest);
      assert.equal(answer.headers['content-type'], OCI_MANIFEST);
      assert.equal(answer.headers['docker-content-digest'], image.digest);
      const head = await registry.ask(`HEAD /v2/team/app/manifests/${reference}`);
      assert.equal(head.status, 200);
      assert.equal(head.headers['content-length'], String(image.size));
      assert.equal(head.headers['docker-content-digest'], image.digest);
      assert.equal(head.body.length, 0);
    }
  });

  test('a manifest that is not there is 404 MANIFEST_UNKNOWN, a repository NAME_UNKNOWN', async t => {
    const registry = await TestRegistry.start(t);
    await registry.pushImage('app', 'v1');
    assertError(await registry.ask('GET /v2/app/manifests/v2'), 404, 'MANIFEST_UNKNOWN');
    assertError(await registry.ask(`GET /v2/app/manifests/${sha256('x')}`), 404, 'MANIFEST_UNKNOWN');
    assertError(await registry.ask('GET /v2/other/manifests/v1'), 404, 'NAME_UNKNOWN');
    assert.equal((await registry.ask('HEAD /v2/app/manifests/v2')).status, 404);
  });

  test('If-None-Match with what the client has is 304', async t => {
    const registry = await TestRegistry.start(t);
    const { digest } = await registry.pushImage('app', 'v1');
    const headers = { 'if-none-match': `"${digest}"` };
    assert.equal((await registry.ask('GET /v2/app/manifests/v1', { headers })).status, 304);
    headers['if-none-match'] = `"${sha256('x')}"`;
    assert.equal((await registry.ask('GET /v2/app/manifests/v1', { headers })).status, 200);
  });
});

describe('Pulling blobs', () => {
  test('GET and HEAD answer with length and digest; what is not in the repository is 404 BLOB_UNKNOWN', async t => {
    const registry = await TestRegistry.start(t);
    const data = randomBytes(700_000);
    const { digest } = await registry.pushBlob('app', data);
    const answer = await registry.ask(`GET /v2/app/blobs/${digest}`);
    assert.equal(answer.status, 200);
    assert.ok(answer.body.equals(data));
    assert.equal(answer.headers['docker-content-digest'], digest);
    const head = await registry.ask(`HEAD /v2/app/blobs/${digest}`);
    assert.equal(head.headers['content-length'], '700000');
    assertError(await registry.ask(`GET /v2/other/blobs/${digest}`), 404, 'BLOB_UNKNOWN');
    assertError(await registry.ask(`GET /v2/app/blobs/${sha256('x')}`), 404, 'BLOB_UNKNOWN');
  });

  test('ranges are 206 with the part that was asked for, and 416 behind the end', async t => {
    const registry = await TestRegistry.start(t);
    const data = randomBytes(1000);
    const { digest } = await registry.pushBlob('app', data);
    const get = (range: string, more = {}) =>
      registry.ask(`GET /v2/app/blobs/${digest}`, { headers: { range, ...more } });
    for (const [range, start, end] of [
      ['bytes=0-99', 0, 100],
      ['bytes=900-', 900, 1000],
      ['bytes=-10', 990, 1000],
      ['bytes=990-5000', 990, 1000],
      ['bytes=-5000', 0, 1000],
    ] as const) {
      const answer = await get(range);
      assert.equal(answer.status, 206, range);
      assert.equal(answer.headers['content-range'], `bytes ${start}-${end - 1}/1000`);
      assert.ok(answer.body.equals(data.subarray(start, end)), range);
    }
    const behind = await get('bytes=1000-');
    assertError(behind, 416, 'RANGE_INVALID');
    assert.equal(behind.headers['content-range'], 'bytes */1000');
    for (const range of ['bytes=0-1,5-6', 'lines=1-2', 'bytes=5-1', 'bytes=-'])
      assert.equal((await get(range)).status, 200, range);
    assert.equal((await get('bytes=0-9', { 'if-range': `"${digest}"` })).status, 206);
    assert.equal((await get('bytes=0-9', { 'if-range': '"other"' })).status, 200);
  });

  test('If-None-Match is 304', async t => {
    const registry = await TestRegistry.start(t);
    const { digest } = await registry.pushBlob('app');
    const headers = { 'if-none-match': `"${digest}"` };
    assert.equal((await registry.ask(`GET /v2/app/blobs/${digest}`, { headers })).status, 304);
  });
});

describe('Pushing blobs', () => {
  test('monolithically: POST, then PUT', async t => {
    const registry = await TestRegistry.start(t);
    const data = randomBytes(100_000);
    const begun = await registry.ask('POST /v2/app/blobs/uploads/');
    assert.equal(begun.status, 202);
    const done = await registry.ask(`PUT ${locationOf(begun)}?digest=${sha256(data)}`, { body: data });
    assert.equal(done.status, 201);
    assert.equal(done.headers['docker-content-digest'], sha256(data));
    assert.ok((await registry.ask(`GET ${locationOf(done)}`)).body.equals(data));
  });

  test('monolithically: one POST', async t => {
    const registry = await TestRegistry.start(t);
    const answer = await registry.ask(`POST /v2/app/blobs/uploads/?digest=${sha256('data')}`, {
      body: 'data',
    });
    assert.equal(answer.status, 201);
    assert.equal(String((await registry.ask(`GET ${locationOf(answer)}`)).body), 'data');
  });

  test('in chunks, each of which says where to go on; one out of order is 416', async t => {
    const registry = await TestRegistry.start(t);
    const data = randomBytes(300_000);
    const begun = await registry.ask('POST /v2/app/blobs/uploads/');
    const send = (location: string, start: number, end: number) =>
      registry.ask(`PATCH ${location}`, {
        headers: {
          'content-type': 'application/octet-stream',
          'content-range': `${start}-${end - 1}`,
          'content-length': end - start,
        },
        body: data.subarray(start, end),
      });
    const first = await send(locationOf(begun), 0, 100_000);
    assert.equal(first.status, 202);
    assert.equal(first.headers.range, '0-99999');
    const early = await send(locationOf(first), 200_000, 300_000);
    assertError(early, 416, 'RANGE_INVALID');
    assert.equal(early.headers.range, '0-99999');
    assertError(await send(locationOf(first), 0, 100_000), 416, 'RANGE_INVALID');
    const where = await registry.ask(`GET ${locationOf(first)}`);
    assert.equal(`${where.status} ${where.headers.range}`, '204 0-99999');
    const second = await send(locationOf(where), 100_000, 250_000);
    assert.equal(second.headers.range, '0-249999');
    const last = await registry.ask(`PUT ${locationOf(second)}?digest=${sha256(data)}`, {
      headers: { 'content-range': '250000-299999' },
      body: data.subarray(250_000),
    });
    assert.equal(last.status, 201);
    assert.ok((await registry.ask(`GET ${locationOf(last)}`)).body.equals(data));
  });

  test('a chunk that is not as long as its range, or has a range that is none, is 416', async t => {
    const registry = await TestRegistry.start(t);
    const location = locationOf(await registry.ask('POST /v2/app/blobs/uploads/'));
    for (const range of ['0-5', 'x', '5-1', '0-', 'bytes */9'])
      assertError(
        await registry.ask(`PATCH ${location}`, { headers: { 'content-range': range }, body: 'data' }),
        416,
        'RANGE_INVALID',
      );
  });

  test('in one stream of unknown length', async t => {
    const registry = await TestRegistry.start(t);
    const data = randomBytes(200_000);
    const begun = await registry.ask('POST /v2/app/blobs/uploads/');
    const headers = { 'transfer-encoding': 'chunked' };
    const sent = await registry.ask(`PATCH ${locationOf(begun)}`, { headers, body: data });
    assert.equal(sent.headers.range, '0-199999');
    const done = await registry.ask(`PUT ${locationOf(sent)}?digest=${sha256(data)}`);
    assert.equal(done.status, 201);
  });

  test('locations are relative, or below the external URL', async t => {
    const registry = await TestRegistry.start(t);
    const { digest } = await registry.pushBlob('app');
    const locations = async () => [
      locationOf(await registry.ask('POST /v2/app/blobs/uploads/')).replace(/[^/]+$/, ''),
      locationOf(await registry.ask(`POST /v2/other/blobs/uploads/?mount=${digest}&from=app`)),
    ];
    assert.deepEqual(await locations(), ['/v2/app/blobs/uploads/', `/v2/other/blobs/${digest}`]);
    await registry.restart({ externalUrl: 'https://r.example/' });
    assert.deepEqual(await locations(), [
      'https://r.example/v2/app/blobs/uploads/',
      `https://r.example/v2/other/blobs/${digest}`,
    ]);
  });

  test('with sha512', async t => {
    const registry = await TestRegistry.start(t);
    const digest = sha512('data');
    const begun = await registry.ask('POST /v2/app/blobs/uploads/');
    const done = await registry.ask(`PUT ${locationOf(begun)}?digest=${digest}`, { body: 'data' });
    assert.equal(done.status, 201);
    const answer = await registry.ask(`GET /v2/app/blobs/${digest}`);
    assert.equal(
      `${String(answer.headers['docker-content-digest'])} ${String(answer.body)}`,
      `${digest} data`,
    );
  });

  test('another digest than that of the bytes is 400 DIGEST_INVALID, and nothing is stored', async t => {
    const registry = await TestRegistry.start(t);
    const begun = await registry.ask('POST /v2/app/blobs/uploads/');
    const wrong = await registry.ask(`PUT ${locationOf(begun)}?digest=${sha256('other')}`, { body: 'data' });
    assertError(wrong, 400, 'DIGEST_INVALID');
    for (const data of ['data', 'other'])
      assert.equal((await registry.ask(`HEAD /v2/app/blobs/${sha256(data)}`)).status, 404);
    for (const digest of ['', 'sha256:1', 'md5:00', `sha256:${'G'.repeat(64)}`]) {
      const location = locationOf(await registry.ask('POST /v2/app/blobs/uploads/'));
      assertError(await registry.ask(`PUT ${location}?digest=${digest}`), 400, 'DIGEST_INVALID');
    }
  });

  test('an upload whose bytes the disk has lost is 400 BLOB_UPLOAD_INVALID', async t => {
    const registry = await TestRegistry.start(t);
    const location = locationOf(await registry.ask('POST /v2/app/blobs/uploads/'));
    await registry.ask(`PATCH ${location}`, { body: 'one ' });
    const [name = ''] = readdirSync(join(registry.root, 'uploads'));
    truncateSync(join(registry.root, 'uploads', name), 1);
    // By which what has come is read once more.
    const digest = sha512('one ');
    assertError(await registry.ask(`PUT ${location}?digest=${digest}`), 400, 'BLOB_UPLOAD_INVALID');
    assertError(await registry.ask(`GET /v2/app/blobs/${digest}`), 404, 'BLOB_UNKNOWN');
  });

  test('the empty blob', async t => {
    const registry = await TestRegistry.start(t);
    const { digest } = await registry.pushBlob('app', '');
    const answer = await registry.ask(`GET /v2/app/blobs/${digest}`);
    assert.equal(`${answer.status} ${answer.headers['content-length']}`, '200 0');
  });

  test('an upload goes on after a restart, and can be cancelled', async t => {
    const registry = await TestRegistry.start(t);
    const begun = await registry.ask('POST /v2/app/blobs/uploads/');
    await registry.ask(`PATCH ${locationOf(begun)}`, { body: 'one ' });
    await registry.restart();
    const where = await registry.ask(`GET ${locationOf(begun)}`);
    assert.equal(where.headers.range, '0-3');
    const done = await registry.ask(`PUT ${locationOf(begun)}?digest=${sha256('one two')}`, { body: 'two' });
    assert.equal(done.status, 201);
    const other = locationOf(await registry.ask('POST /v2/app/blobs/uploads/'));
    assert.equal((await registry.ask(`DELETE ${other}`)).status, 204);
    assertError(await registry.ask(`GET ${other}`), 404, 'BLOB_UPLOAD_UNKNOWN');
  });
});

describe('Mounting a blob from another repository', () => {
  test('answers 201 where the source has it, and 202 with an upload where it has not', async t => {
    const registry = await TestRegistry.start(t);
    const { digest } = await registry.pushBlob('source');
    const mounted = await registry.ask(`POST /v2/target/blobs/uploads/?mount=${digest}&from=source`);
    assert.equal(mounted.status, 201);
    assert.equal((await registry.ask(`GET ${locationOf(mounted)}`)).status, 200);
    const other = await registry.ask(`POST /v2/target/blobs/uploads/?mount=${sha256('x')}&from=source`);
    assert.equal(other.status, 202);
    const done = await registry.ask(`PUT ${locationOf(other)}?digest=${sha256('x')}`, { body: 'x' });
    assert.equal(done.status, 201);
    const missing = await registry.ask(`POST /v2/t/blobs/uploads/?mount=${digest}&from=nowhere`);
    assert.equal(missing.status, 202);
  });

  test('without `from`, from wherever it is', async t => {
    const registry = await TestRegistry.start(t);
    const { digest } = await registry.pushBlob('source');
    assert.equal((await registry.ask(`POST /v2/target/blobs/uploads/?mount=${digest}`)).status, 201);
  });
});

describe('Pushing manifests', () => {
  test('answers 201 with Location and digest, by tag and by digest, of both algorithms', async t => {
    const registry = await TestRegistry.start(t);
    const { config, layer } = await registry.pushImage('app', 'v1');
    const document = { schemaVersion: 2, config: { mediaType: OCI_CONFIG, ...config }, layers: [] };
    const raw = JSON.stringify(document);
    for (const [reference, digest] of [
      ['tag', sha256(raw)],
      [sha256(raw), sha256(raw)],
      [sha512(raw), sha512(raw)],
    ] as const) {
      const answer = await registry.pushManifest('app', reference, document);
      assert.equal(answer.status, 201);
      assert.equal(locationOf(answer), `/v2/app/manifests/${digest}`);
      assert.equal(answer.headers['docker-content-digest'], digest);
      assert.equal(String((await registry.ask(`GET ${locationOf(answer)}`)).body), raw);
    }
    const docker = { ...document, mediaType: DOCKER_MANIFEST, layers: [{ mediaType: 'x', ...layer }] };
    assert.equal((await registry.pushManifest('app', 'docker', docker)).status, 201);
    assert.equal(
      (await registry.ask('HEAD /v2/app/manifests/docker')).headers['content-type'],
      DOCKER_MANIFEST,
    );
  });

  test('a digest that is not that of the bytes is 400 DIGEST_INVALID', async t => {
    const registry = await TestRegistry.start(t);
    const { config } = await registry.pushImage('app', 'v1');
    const document = { schemaVersion: 2, config: { mediaType: OCI_CONFIG, ...config }, layers: [] };
    assertError(await registry.pushManifest('app', sha256('x'), document), 400, 'DIGEST_INVALID');
  });

  test('what names blobs or manifests that are not here is 400 MANIFEST_BLOB_UNKNOWN, foreign layers aside', async t => {
    const registry = await TestRegistry.start(t);
    const { config } = await registry.pushImage('app', 'v1');
    const missing = { mediaType: OCI_LAYER, digest: sha256('x'), size: 1 };
    const manifest = { schemaVersion: 2, config: { mediaType: OCI_CONFIG, ...config } };
    assertError(
      await registry.pushManifest('app', 't', { ...manifest, layers: [missing] }),
      400,
      'MANIFEST_BLOB_UNKNOWN',
    );
    const index = {
      schemaVersion: 2,
      mediaType: OCI_INDEX,
      manifests: [{ ...missing, mediaType: OCI_MANIFEST }],
    };
    assertError(await registry.pushManifest('app', 't', index), 400, 'MANIFEST_BLOB_UNKNOWN');
    const foreign = { ...missing, urls: ['https://example.test/layer'] };
    assert.equal((await registry.pushManifest('app', 't', { ...manifest, layers: [foreign] })).status, 201);
  });

  test('what is no manifest is 400 MANIFEST_INVALID', async t => {
    const registry = await TestRegistry.start(t);
    const { config, layer } = await registry.pushImage('app', 'v1');
    const good = { schemaVersion: 2, config: { mediaType: OCI_CONFIG, ...config }, layers: [] };
    for (const [document, type] of [
      ['{', OCI_MANIFEST],
      ['[]', OCI_MANIFEST],
      ['null', OCI_MANIFEST],
      ['{"layers":7}', OCI_MANIFEST],
      [JSON.stringify({ ...good, config: undefined }), OCI_MANIFEST],
      [JSON.stringify(good), OCI_INDEX],
      [JSON.stringify({ ...good, mediaType: OCI_MANIFEST }), DOCKER_MANIFEST],
      [JSON.stringify({ ...good, manifests: [] }), OCI_MANIFEST],
      [JSON.stringify({ schemaVersion: 2, manifests: [] }), OCI_MANIFEST],
      [JSON.stringify({ ...good, layers: [{ digest: 'sha256:../../x', size: 1 }] }), OCI_MANIFEST],
      [JSON.stringify({ ...good, layers: [{ ...layer, size: -1 }] }), OCI_MANIFEST],
      [JSON.stringify({ ...good, layers: [{ ...layer, size: layer.size + 1 }] }), OCI_MANIFEST],
      [JSON.stringify({ ...good, subject: { digest: 'x', size: 1 } }), OCI_MANIFEST],
      [JSON.stringify(good), 'application/vnd.docker.distribution.manifest.v1+prettyjws'],
      [JSON.stringify(good), 'text/html'],
      ['['.repeat(100_000), OCI_MANIFEST],
    ] as const) {
      const answer = await registry.ask('PUT /v2/app/manifests/bad', {
        headers: { 'content-type': type },
        body: document,
      });
      assertError(answer, 400, 'MANIFEST_INVALID');
    }
    assert.equal((await registry.ask('HEAD /v2/app/manifests/bad')).status, 404);
  });

  test('a manifest of more than 4 MiB is 413, whether its length is announced or not', async t => {
    const registry = await TestRegistry.start(t);
    const body = Buffer.alloc(4 * 1024 * 1024 + 1, ' ');
    for (const headers of [{}, { 'transfer-encoding': 'chunked' }])
      assertError(await registry.ask('PUT /v2/app/manifests/big', { headers, body }), 413, 'SIZE_INVALID');
  });

  test('with a subject, which need not be here, the answer has OCI-Subject', async t => {
    const registry = await TestRegistry.start(t);
    const config = await registry.pushBlob('app', '{}');
    const subject = { mediaType: OCI_MANIFEST, digest: sha256('x'), size: 1 };
    const document = {
      schemaVersion: 2,
      config: { mediaType: 'text/plain', ...config },
      layers: [],
      subject,
    };
    const answer = await registry.pushManifest('app', 'sbom', document);
    assert.equal(`${answer.status} ${String(answer.headers['oci-subject'])}`, `201 ${subject.digest}`);
  });
});

describe('Listing tags', () => {
  test('in lexical order, in pages with n and last, with a Link to the next one but on the last', async t => {
    const registry = await TestRegistry.start(t);
    for (const tag of ['b', 'Zed', 'a', 'A', 'c10', 'c1']) await registry.pushImage('app', tag);
    const list = async (query = '') => {
      const { json, headers } = await registry.ask(`GET /v2/app/tags/list${query}`);
      return [(json as { tags: string[] }).tags.join(' '), headers.link];
    };
    assert.deepEqual(await list(), ['A a b c1 c10 Zed', undefined]);
    assert.deepEqual(await list('?n=2'), ['A a', '</v2/app/tags/list?last=a&n=2>; rel="next"']);
    assert.deepEqual(await list('?n=2&last=a'), ['b c1', '</v2/app/tags/list?last=c1&n=2>; rel="next"']);
    assert.deepEqual(await list('?n=2&last=c1'), ['c10 Zed', undefined]);
    assert.deepEqual(await list('?n=0'), ['', undefined]);
    assert.deepEqual(await list('?last=bb'), ['c1 c10 Zed', undefined]);
    assert.deepEqual(await list('?last=zzz'), ['', undefined]);
    for (const n of ['-1', 'x', '1e9', '']) {
      const answer = await registry.ask(`GET /v2/app/tags/list?n=${n}`);
      assertError(answer, 400, 'PAGINATION_NUMBER_INVALID');
    }
  });

  test('of a repository that is not there: 404 NAME_UNKNOWN', async t => {
    const registry = await TestRegistry.start(t);
    assertError(await registry.ask('GET /v2/nowhere/tags/list'), 404, 'NAME_UNKNOWN');
  });

  test('tags that differ in case only are two', async t => {
    const registry = await TestRegistry.start(t);
    const lower = await registry.pushImage('app', 'v');
    const upper = await registry.pushImage('app', 'V');
    assert.notEqual(lower.digest, upper.digest);
    for (const [tag, { digest }] of [
      ['v', lower],
      ['V', upper],
    ] as const)
      assert.equal(
        (await registry.ask(`HEAD /v2/app/manifests/${tag}`)).headers['docker-content-digest'],
        digest,
      );
  });
});

describe('Listing referrers', () => {
  test('an index of what names the subject, with artifact types and annotations, and a filter', async t => {
    const registry = await TestRegistry.start(t);
    const image = await registry.pushImage('app', 'v1');
    const subject = { mediaType: OCI_MANIFEST, digest: image.digest, size: image.size };
    const sbom = await registry.pushImage('app', '', {
      subject,
      artifactType: 'a/sbom',
      annotations: { k: 'v' },
    });
    const other = await registry.pushImage('app', '', { subject });
    const list = async (query = '') => {
      const answer = await registry.ask(`GET /v2/app/referrers/${image.digest}${query}`);
      assert.equal(answer.status, 200);
      assert.equal(answer.headers['content-type'], OCI_INDEX);
      return { ...answer, ...(answer.json as { manifests: object[]; mediaType: string }) };
    };
    const all = await list();
    assert.equal(all.mediaType, OCI_INDEX);
    assert.equal(all.headers['oci-filters-applied'], undefined);
    const expected = {
      mediaType: OCI_MANIFEST,
      digest: sbom.digest,
      size: sbom.size,
      artifactType: 'a/sbom',
      annotations: { k: 'v' },
    };
    assert.equal(all.manifests.length, 2);
    const filtered = await list('?artifactType=a/sbom');
    assert.deepEqual(filtered.manifests, [expected]);
    assert.equal(filtered.headers['oci-filters-applied'], 'artifactType');
    // The media type of the configuration is the type of what has none.
    assert.equal((await list(`?artifactType=${encodeURIComponent(OCI_CONFIG)}`)).manifests.length, 1);
    await registry.ask(`DELETE /v2/app/manifests/${other.digest}`);
    assert.deepEqual((await list()).manifests, [expected]);
  });

  test('of what nothing refers to, or is not there, an empty index; of what is no digest 400', async t => {
    const registry = await TestRegistry.start(t);
    for (const name of ['app', 'nowhere']) {
      const answer = await registry.ask(`GET /v2/${name}/referrers/${sha256('x')}`);
      assert.deepEqual((answer.json as { manifests: unknown }).manifests, []);
    }
    assertError(await registry.ask('GET /v2/app/referrers/sha256:x'), 400, 'DIGEST_INVALID');
  });

  test('many come in pages with a Link', async t => {
    const registry = await TestRegistry.start(t);
    const image = await registry.pushImage('app', 'v1');
    const subject = { mediaType: OCI_MANIFEST, digest: image.digest, size: image.size };
    const config = await registry.pushBlob('app', '{}');
    for (let count = 0; count < 103; count++)
      await registry.pushManifest('app', `t${count}`, {
        schemaVersion: 2,
        config: { mediaType: 'text/plain', ...config },
        layers: [],
        subject,
        annotations: { count: String(count) },
      });
    const seen = new Set<string>();
    let path: string | undefined = `/v2/app/referrers/${image.digest}?artifactType=text/plain`;
    for (let page = 0; path !== undefined && page < 5; page++) {
      const answer = await registry.ask(`GET ${path}`);
      for (const { digest } of (answer.json as { manifests: { digest: string }[] }).manifests)
        seen.add(digest);
      path = /^<(.*)>; rel="next"$/.exec(String(answer.headers.link))?.[1];
    }
    assert.equal(seen.size, 103);
  });
});

describe('Deleting', () => {
  test('a tag takes only the tag away', async t => {
    const registry = await TestRegistry.start(t);
    const { digest } = await registry.pushImage('app', 'v1');
    assert.equal((await registry.ask('DELETE /v2/app/manifests/v1')).status, 202);
    assertError(await registry.ask('GET /v2/app/manifests/v1'), 404, 'MANIFEST_UNKNOWN');
    assert.equal((await registry.ask(`GET /v2/app/manifests/${digest}`)).status, 200);
    const tags = await registry.ask('GET /v2/app/tags/list');
    assert.deepEqual(tags.json, { name: 'app', tags: [] });
  });

  test('a manifest takes its tags along', async t => {
    const registry = await TestRegistry.start(t);
    const { digest } = await registry.pushImage('app', 'v1');
    assert.equal((await registry.ask(`DELETE /v2/app/manifests/${digest}`)).status, 202);
    for (const reference of ['v1', digest])
      assertError(await registry.ask(`GET /v2/app/manifests/${reference}`), 404, 'MANIFEST_UNKNOWN');
    assertError(await registry.ask(`DELETE /v2/app/manifests/${digest}`), 404, 'MANIFEST_UNKNOWN');
  });

  test('a blob goes from its repository alone', async t => {
    const registry = await TestRegistry.start(t);
    const { digest } = await registry.pushBlob('app');
    await registry.ask(`POST /v2/other/blobs/uploads/?mount=${digest}&from=app`);
    assert.equal((await registry.ask(`DELETE /v2/app/blobs/${digest}`)).status, 202);
    assertError(await registry.ask(`GET /v2/app/blobs/${digest}`), 404, 'BLOB_UNKNOWN');
    assertError(await registry.ask(`DELETE /v2/app/blobs/${digest}`), 404, 'BLOB_UNKNOWN');
    assert.equal((await registry.ask(`GET /v2/other/blobs/${digest}`)).status, 200);
  });
});

test('_catalog lists repositories in pages', async t => {
  const registry = await TestRegistry.start(t);
  for (const name of ['b', 'a/c', 'a', 'c']) await registry.pushBlob(name);
  const list = async (query = '') => {
    const { json, headers } = await registry.ask(`GET /v2/_catalog${query}`);
    return [(json as { repositories: string[] }).repositories.join(' '), headers.link];
  };
  assert.deepEqual(await list(), ['a a/c b c', undefined]);
  assert.deepEqual(await list('?n=3'), ['a a/c b', '</v2/_catalog?last=b&n=3>; rel="next"']);
  assert.deepEqual(await list('?n=3&last=b'), ['c', undefined]);
});

describe('Names', () => {
  test('what is no repository name is 400 NAME_INVALID, and never a path', async t => {
    const registry = await TestRegistry.start(t);
    for (const name of [
      'A',
      'a..b',
      '-a',
      'a%2F..%2Fb',
      '%2e%2e',
      'a%2F%2Fb',
      'a'.repeat(256),
      'a%00',
      'a___b',
      '%C3%A9',
    ])
      assertError(await registry.ask(`GET /v2/${name}/tags/list`), 400, 'NAME_INVALID');
    for (const tag of ['..', '.', '-x', 'a b', 'x'.repeat(129)])
      assertError(await registry.ask(`GET /v2/app/manifests/${encodeURIComponent(tag)}`), 400, 'TAG_INVALID');
    for (const digest of ['sha256:..', 'sha256:%2e%2e%2f', 'sha1:0', `sha256:${'A'.repeat(64)}`])
      assertError(await registry.ask(`GET /v2/app/blobs/${digest}`), 400, 'DIGEST_INVALID');
  });

  test('may have several parts, and parts that are words of the API', async t => {
    const registry = await TestRegistry.start(t);
    for (const name of [
      'a/b/c',
      'manifests',
      'a/manifests/b',
      'blobs/uploads',
      'tags/list',
      'a__b',
      'a.b-c--d',
    ]) {
      const { digest, layer } = await registry.pushImage(name, 'v1');
      assert.equal((await registry.ask(`GET /v2/${name}/manifests/${digest}`)).status, 200, name);
      assert.equal((await registry.ask(`GET /v2/${name}/blobs/${layer.digest}`)).status, 200, name);
      assert.deepEqual((await registry.ask(`GET /v2/${name}/tags/list`)).json, { name, tags: ['v1'] });
    }
  });

  test('other paths are 404, other methods 405 with what is allowed, malformed escapes no 5xx', async t => {
    const registry = await TestRegistry.start(t);
    for (const path of [
      '/index.php',
      '/v1/',
      '/v2/app',
      '/v2/app/manifests/',
      '/v2/%zz/tags/list',
      '/v2//tags/list',
    ])
      assert.match(String((await registry.ask(`GET ${path}`)).status), /^4/, path);
    const answer = await registry.ask('DELETE /v2/');
    assertError(answer, 405, 'UNSUPPORTED');
    assert.equal(answer.headers.allow, 'GET');
  });
});

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import { digestOf } from '../../base/digest.ts';
import { FakeRegistry, sendRegistryError } from '../testing/fake-registry.ts';
import { openRepository } from '../testing/open-repository.ts';
import { type Upload, uploadBlob } from './upload-blob.ts';

const DATA = randomBytes(300_000);
const DIGEST = digestOf(DATA);
const PIECE = 50_000;

function upload(more: Partial<Upload> = {}): Upload {
  return {
    source: {
      digest: DIGEST,
      size: DATA.length,
      async *read(start, end) {
        for (let at = start; at < end; at += PIECE) yield DATA.subarray(at, Math.min(at + PIECE, end));
      },
    },
    mountFrom: [],
    onProgress: () => undefined,
    onRetry: async () => undefined,
    ...more,
  };
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** PATCH requests are answered by the given ones first. */
async function registryThat(t: TestContext, ...answers: Answer[]): Promise<FakeRegistry> {
  const registry = await FakeRegistry.start(t);
  registry.intercept = (request, response) => {
    const answer = request.method === 'PATCH' ? answers.shift() : undefined;
    answer?.(request, response);
    return answer !== undefined;
  };
  return registry;
}

const methods = (registry: FakeRegistry) => registry.seen.map(({ method }) => method);

test('a blob is sent in one stream, with a known length', async t => {
  const registry = await registryThat(t);
  const seen: number[] = [];
  const repository = await openRepository(t, `${registry.host}/a`);
  const result = await uploadBlob(repository, upload({ onProgress: bytes => void seen.push(bytes) }));
  assert.deepEqual(result, { mountedFrom: undefined });
  assert.ok(registry.blobs.get(DIGEST)?.equals(DATA));
  assert.deepEqual(methods(registry), ['POST', 'PATCH', 'PUT']);
  assert.equal(registry.seen[1]?.headers['content-length'], String(DATA.length));
  assert.equal(registry.seen[1]?.headers['content-range'], undefined);
  assert.equal(seen.at(-1), DATA.length);
});

test('a blob is mounted from another repository, and sent where that is refused', async t => {
  const registry = await registryThat(t);
  registry.addBlob(DATA);
  const repository = await openRepository(t, `${registry.host}/a`);
  assert.deepEqual(await uploadBlob(repository, upload({ mountFrom: ['b/c'] })), { mountedFrom: 'b/c' });
  assert.deepEqual(methods(registry), ['POST']);
  const strict = await registryThat(t);
  strict.intercept = (request, response) => {
    if (!request.url?.includes('mount=')) return false;
    sendRegistryError(response, 403, 'DENIED', 'not yours');
    return true;
  };
  await uploadBlob(await openRepository(t, `${strict.host}/a`), upload({ mountFrom: ['b/c'] }));
  assert.ok(strict.blobs.get(DIGEST)?.equals(DATA));
});

test('where a mount gives an upload session, that is gone on with', async t => {
  const registry = await registryThat(t);
  await uploadBlob(await openRepository(t, `${registry.host}/a`), upload({ mountFrom: ['b/c'] }));
  assert.deepEqual(methods(registry), ['POST', 'PATCH', 'PUT']);
});

test('an upload that breaks off goes on where the registry is', async t => {
  const taken: Buffer[] = [];
  const registry = await FakeRegistry.start(t);
  registry.intercept = async (request, response) => {
    if (request.method === 'GET') {
      const length = taken.reduce((sum, chunk) => sum + chunk.length, 0);
      response.writeHead(204, { Location: request.url, Range: `0-${length - 1}` }).end();
      return true;
    }
    if (request.method === 'PUT') response.writeHead(201, { Location: '/' }).end();
    if (request.method !== 'PATCH') return request.method === 'PUT';
    const isFirst = taken.length === 0;
    for await (const chunk of request) {
      taken.push(chunk as Buffer);
      if (isFirst) {
        response.destroy();
        return true;
      }
    }
    response.writeHead(202, { Location: `${request.url}&next` }).end();
    return true;
  };
  const reasons: string[] = [];
  const repository = await openRepository(t, `${registry.host}/a`);
  await uploadBlob(repository, upload({ onRetry: async (_ms, reason) => void reasons.push(reason) }));
  assert.ok(Buffer.concat(taken).equals(DATA));
  assert.equal(reasons.length, 1);
  const [, second] = registry.seen.filter(({ method }) => method === 'PATCH');
  assert.match(second?.headers['content-range'] ?? '', /^[1-9]\d*-299999$/);
  assert.match(registry.seen.at(-1)?.url ?? '', /next/);
});

/** A registry that takes no more than so many bytes at once, and wants at least so many. */
async function registryWithLimits(t: TestContext, { most, least }: { most: number; least?: number }) {
  const registry = await FakeRegistry.start(t);
  registry.intercept = (request, response) => {
    if (least !== undefined) response.setHeader('OCI-Chunk-Min-Length', least);
    if (request.method !== 'PATCH' || Number(request.headers['content-length']) <= most) return false;
    request.resume();
    response.writeHead(413).end();
    return true;
  };
  const data = randomBytes((5 << 20) + 17);
  const source = {
    digest: digestOf(data),
    size: data.length,
    async *read(start: number, end: number) {
      yield data.subarray(start, end);
    },
  };
  const ranges = () => registry.seen.map(({ headers }) => headers['content-range']).filter(Boolean);
  const isWhole = () => registry.blobs.get(source.digest)?.equals(data);
  return { registry, upload: upload({ source }), end: data.length - 1, ranges, isWhole };
}

test('a registry that takes no more at once gets chunks', async t => {
  const own = await registryWithLimits(t, { most: 4 << 20 });
  await uploadBlob(await openRepository(t, `${own.registry.host}/a`), own.upload);
  assert.ok(own.isWhole());
  assert.deepEqual(own.ranges(), ['0-4194302', `4194303-${own.end}`]);
});

test('chunks are not smaller than the registry wants them (OCI-Chunk-Min-Length)', async t => {
  const own = await registryWithLimits(t, { most: (5 << 20) + 1, least: 5 << 20 });
  await uploadBlob(await openRepository(t, `${own.registry.host}/a`), own.upload);
  assert.ok(own.isWhole());
  assert.deepEqual(own.ranges(), ['0-5242879', `5242880-${own.end}`]);
  const never = await registryWithLimits(t, { most: 4 << 20, least: 5 << 20 });
  const repository = await openRepository(t, `${never.registry.host}/a`);
  await assert.rejects(uploadBlob(repository, never.upload), /413/);
});

test('an upload that does not get anywhere ends', async t => {
  const busy: Answer = (request, response) => {
    request.resume();
    response.writeHead(503).end();
  };
  const registry = await registryThat(t, ...Array.from({ length: 50 }, () => busy));
  const repository = await openRepository(t, `${registry.host}/a`, { patience: { attempts: 3 } });
  await assert.rejects(uploadBlob(repository, upload()), /503 Service Unavailable/);
  assert.equal(registry.count('PATCH', '/'), 3);
});

test('a token that ends meanwhile is fetched anew, and the upload goes on', async t => {
  const registry = await FakeRegistry.start(t);
  let issued = 0;
  let ended = 0;
  registry.intercept = (request, response) => {
    if (request.url?.startsWith('/token')) {
      response.end(JSON.stringify({ token: `t${++issued}`, expires_in: 3600 }));
      return true;
    }
    const isEnded = request.method === 'PATCH' && ended++ === 0;
    if (!isEnded && request.headers.authorization === `Bearer t${issued}` && issued > 0) return false;
    request.resume();
    response.setHeader('WWW-Authenticate', `Bearer realm="http://${registry.host}/token",service="s"`);
    sendRegistryError(response, 401, 'UNAUTHORIZED', 'authentication required');
    return true;
  };
  await uploadBlob(await openRepository(t, `${registry.host}/a`), upload());
  assert.ok(registry.blobs.get(DIGEST)?.equals(DATA));
  assert.equal(issued, 2);
});

test('a session at another host gets no proof, and one in plain HTTP is refused by HTTPS', async t => {
  const storage = await FakeRegistry.start(t);
  const registry = await FakeRegistry.start(t);
  registry.password = 'me:secret';
  registry.intercept = (request, response) => {
    if (request.method !== 'POST' || request.headers.authorization === undefined) return false;
    response.writeHead(202, { Location: `http://${storage.host}/v2/a/blobs/uploads/x` }).end();
    return true;
  };
  const credentials = { kind: 'password', username: 'me', password: 'secret' } as const;
  await uploadBlob(await openRepository(t, `${registry.host}/a`, { credentials }), upload());
  assert.ok(storage.blobs.get(DIGEST)?.equals(DATA));
  for (const { headers } of storage.seen) assert.equal(headers.authorization, undefined);
});

test('where the answer to the last request is lost, the blob is found to be there, and not sent again', async t => {
  const registry = await registryThat(t);
  let isFirst = true;
  const { intercept } = registry;
  registry.intercept = (request, response) => {
    if (request.method !== 'PUT') return intercept(request, response);
    if (isFirst) response.destroy();
    else sendRegistryError(response, 404, 'BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry');
    registry.addBlob(DATA);
    isFirst = false;
    return true;
  };
  await uploadBlob(await openRepository(t, `${registry.host}/a`), upload());
  assert.deepEqual(methods(registry), ['POST', 'PATCH', 'PUT', 'PUT', 'HEAD']);
});

test('an upload that the registry has forgotten begins anew', async t => {
  const registry = await registryThat(t, (request, response) => {
    request.resume();
    sendRegistryError(response, 404, 'BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry');
  });
  await uploadBlob(await openRepository(t, `${registry.host}/a`), upload());
  assert.ok(registry.blobs.get(DIGEST)?.equals(DATA));
});

test('a repository that takes no uploads is not asked for ever', async t => {
  const registry = await FakeRegistry.start(t);
  registry.intercept = ({ method }, response) => {
    sendRegistryError(response, 404, 'NAME_UNKNOWN', 'repository name not known to registry');
    return method !== '';
  };
  const sent = uploadBlob(await openRepository(t, `${registry.host}/a`), upload());
  await assert.rejects(sent, { kind: 'not-found', code: 'NAME_UNKNOWN' });
  assert.deepEqual(methods(registry), ['POST']);
});

test('where the registry has lost bytes that it said it had, all of it is sent once more', async t => {
  const registry = await registryThat(t, (_request, response) => void response.destroy());
  const { intercept } = registry;
  registry.intercept = (request, response) => {
    if (request.method !== 'GET') return intercept(request, response);
    response.writeHead(204, { Location: request.url, Range: `0-${PIECE - 1}` }).end();
    return true;
  };
  await uploadBlob(await openRepository(t, `${registry.host}/a`), upload());
  assert.ok(registry.blobs.get(DIGEST)?.equals(DATA));
});

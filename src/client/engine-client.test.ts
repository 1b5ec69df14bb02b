import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { parseEndpoint } from './endpoint.ts';
import { encodeQuery, EngineClient } from './engine-client.ts';
import { ConnectionError, ResponseError } from './response-error.ts';

async function clientOf(context: TestContext, listener: RequestListener): Promise<EngineClient> {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-client-'));
  const path = join(directory, 'engine.sock');
  const server = createServer(listener);
  await new Promise<void>(resolve => {
    server.listen(path, resolve);
  });
  const client = new EngineClient(parseEndpoint(`unix://${path}`));
  context.after(async () => {
    client.close();
    await new Promise(resolve => {
      server.close(resolve);
      server.closeAllConnections();
    });
    rmSync(directory, { recursive: true });
  });
  return client;
}

const KINDS = [
  [400, 'invalid-parameter'],
  [403, 'forbidden'],
  [404, 'not-found'],
  [409, 'conflict'],
  [500, 'system'],
  [501, 'not-implemented'],
  [503, 'unavailable'],
  [429, 'resource-exhausted'],
] as const;

for (const [status, kind] of KINDS)
  test(`status ${status} is an error of kind ${kind}`, async context => {
    const client = await clientOf(context, (_request, response) => {
      response.statusCode = status;
      response.end(JSON.stringify({ message: 'so it is' }));
    });
    await assert.rejects(client.get('/x'), (error: unknown) => {
      assert.ok(error instanceof ResponseError);
      assert.deepEqual([error.kind, error.status, error.message], [kind, status, 'so it is']);
      return true;
    });
  });

test('an error without JSON is shown as it is', async context => {
  const client = await clientOf(context, (_request, response) => {
    response.statusCode = 502;
    response.end('bad gateway\n');
  });
  await assert.rejects(client.get('/x'), { message: 'bad gateway' });
});

test('a socket without a listener gives a ConnectionError', async () => {
  const client = new EngineClient(parseEndpoint('unix:///nonexistent/x.sock'));
  await assert.rejects(client.get('/x'), ConnectionError);
  await assert.rejects(client.hijack('/x'), ConnectionError);
});

test('an older daemon is spoken to in its own version', async context => {
  const seen: string[] = [];
  const client = await clientOf(context, (request, response) => {
    seen.push(request.url ?? '');
    response.setHeader('Api-Version', '1.44');
    if (!request.url?.startsWith('/v1.44')) {
      response.statusCode = 400;
      return void response.end('{"message":"client version 1.51 is too new"}');
    }
    response.end('{"ok":true}');
  });
  assert.deepEqual(await client.get('/x'), { ok: true });
  assert.deepEqual(await client.get('/y'), { ok: true });
  assert.deepEqual(seen, ['/v1.51/x', '/v1.44/x', '/v1.44/y']);
});

test('an empty answer is undefined', async context => {
  const client = await clientOf(context, (_request, response) => {
    response.statusCode = 204;
    response.end();
  });
  assert.equal(await client.post('/x'), undefined);
});

test('queries are in order, without what is undefined', () => {
  assert.equal(
    encodeQuery({ b: true, a: 'x y', none: undefined, no: false, n: 0, list: ['1', '2'] }),
    '?a=x+y&b=1&list=1&list=2&n=0&no=0',
  );
  assert.equal(encodeQuery({}), '');
});

test('endpoints are unix sockets or TCP addresses', () => {
  assert.deepEqual(parseEndpoint('unix:///run/x.sock'), {
    text: 'unix:///run/x.sock',
    socketPath: '/run/x.sock',
  });
  assert.deepEqual(parseEndpoint('tcp://[::1]:99'), { text: 'tcp://[::1]:99', host: '::1', port: 99 });
  assert.deepEqual(parseEndpoint('tcp://localhost'), {
    text: 'tcp://localhost',
    host: 'localhost',
    port: 2375,
  });
  assert.throws(() => parseEndpoint('localhost:2375'), /unable to parse docker host/);
  assert.throws(() => parseEndpoint('fd://x'), /invalid bind address format/);
});

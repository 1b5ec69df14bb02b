import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { readRest } from './read-rest.ts';

const FOREVER_MS = 600_000;

/** A request whose headers, and what is given of its body, have come. */
async function begin(t: TestContext, head: string): Promise<{ client: Socket; request: IncomingMessage }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  t.after(() => {
    client.destroy();
    server.close();
  });
  client.write(`PUT / HTTP/1.1\r\nHost: d\r\n${head}`);
  const [request] = (await once(server, 'request')) as [IncomingMessage];
  return { client, request };
}

test('the rest of a body is waited for', async t => {
  for (const [head, rest] of [
    ['Content-Length: 10\r\n\r\n12345', '67890'],
    ['Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n', '0\r\n\r\n'],
  ]) {
    const { client, request } = await begin(t, String(head));
    const read = readRest(request, FOREVER_MS);
    assert.equal(request.complete, false);
    client.write(String(rest));
    await read;
    assert.equal(request.complete, true);
  }
});

test('a body that is long is not waited for, nor one that does not come, or whose client goes', async t => {
  const long = await begin(t, 'Content-Length: 1000000\r\n\r\n');
  long.client.write(Buffer.alloc(300_000));
  await readRest(long.request, FOREVER_MS);
  const late = await begin(t, 'Content-Length: 10\r\n\r\n');
  await readRest(late.request, 1);
  const gone = await begin(t, 'Content-Length: 10\r\n\r\n');
  const read = readRest(gone.request, FOREVER_MS);
  gone.client.destroy();
  await read;
  assert.ok(![long, late, gone].some(({ request }) => request.complete));
});

test('a request without a body is at its end', async t => {
  const { request } = await begin(t, '\r\n');
  await readRest(request, FOREVER_MS);
});

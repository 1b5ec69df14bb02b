import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { download, downloadAddress } from './download.ts';

async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('what is at an address comes byte for byte, after redirections', async t => {
  const address = await serve(t, (request, response) => {
    if (request.url === '/old') response.writeHead(302, { Location: '/new' }).end();
    else response.writeHead(200, { 'Content-Encoding': 'gzip', 'Content-Length': 7 }).end('archive');
  });
  const { body, sizeBytes } = await download(`${address}/old`);
  assert.equal(sizeBytes, 7);
  assert.equal(await text(body), 'archive');
});

test('an address without a scheme is one of HTTP', () => {
  assert.equal(downloadAddress('host:80/x.tar'), 'http://host:80/x.tar');
  assert.equal(downloadAddress('https://host/x.tar'), 'https://host/x.tar');
});

test('an answer that is none, a circle and other schemes fail in Docker’s words', async t => {
  const address = await serve(t, (request, response) => {
    if (request.url === '/circle') response.writeHead(301, { Location: '/circle' }).end();
    else response.writeHead(404, 'Not Found').end('nothing here');
  });
  const fails = (path: string, message: string) =>
    assert.rejects(download(path), { kind: 'system', message });
  await fails(`${address}/x`, `failed to GET ${address}/x with status 404 Not Found: nothing here`);
  await fails(`${address}/circle`, `Get "${address}/circle": stopped after 10 redirects`);
  await fails('ftp://host/x', 'Get "ftp://host/x": unsupported protocol scheme "ftp"');
  await fails('http://', 'Get "http://": invalid URL');
});

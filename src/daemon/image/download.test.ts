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

test('an error answer of any length is reported by its status', async t => {
  const address = await serve(t, (request, response) => {
    const status = Number(request.url?.slice(1));
    response.writeHead(status, 'No', { Location: '/500' });
    const more = (error?: Error | null) => error || response.write('x'.repeat(1 << 16), more);
    if (status === 500) more();
    else response.end(' nothing here\n');
  });
  const kinds = {
    400: 'invalid-parameter',
    401: 'unauthorized',
    403: 'forbidden',
    404: 'not-found',
    410: 'system',
  };
  for (const [status, kind] of Object.entries(kinds))
    await assert.rejects(download(`${address}/${status}`), {
      kind,
      message: `failed to GET ${address}/${status} with status ${status} No: nothing here`,
    });
  await assert.rejects(download(`${address}/302`), {
    kind: 'system',
    message: `failed to GET ${address}/500 with status 500 No: ${'x'.repeat(4096)}`,
  });
});

test('why there is no answer is told in Docker’s words', async t => {
  const address = (await serve(t, () => {})).replace('http:', 'https:');
  await assert.rejects(download(`${address}/x`), {
    kind: 'system',
    message: `Get "${address}/x": http: server gave HTTP response to HTTPS client`,
  });
});

test('a circle, no addresses and other schemes fail in Docker’s words', async t => {
  const address = await serve(t, (request, response) => {
    response.writeHead(301, { Location: request.url === '/circle' ? '/circle' : 'http://[' }).end();
  });
  const fails = (path: string, kind: string, message: RegExp | string) =>
    assert.rejects(download(path), { kind, message });
  await fails(`${address}/circle`, 'system', `Get "${address}/circle": stopped after 10 redirects`);
  await fails(`${address}/astray`, 'invalid-parameter', 'parse "http://[": invalid URL');
  const scheme = 'Get "ftp://host/x": unsupported protocol scheme "ftp"';
  await fails('ftp://host/x', 'invalid-parameter', scheme);
  await fails('http://', 'invalid-parameter', 'parse "http://": invalid URL');
  await fails('http://127.0.0.1:xx/', 'invalid-parameter', /invalid URL/);
});

test('a download is broken off before its answer and amid it', async t => {
  const address = await serve(t, (request, response) => {
    if (request.url === '/begun') response.writeHead(200).write('beginning');
  });
  for (const path of ['silent', 'begun']) {
    const gone = new AbortController();
    const reading = download(`${address}/${path}`, gone.signal).then(({ body }) => text(body));
    setTimeout(() => gone.abort(), 50);
    await assert.rejects(reading);
  }
});

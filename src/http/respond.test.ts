import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { HttpExchange } from './exchange.ts';
import { sendLines, sendProgress } from './respond.ts';

test('a task whose progress is not read has its connection broken off, and hears of it', async t => {
  const told = Promise.withResolvers<number>();
  const server = createServer((request, response) => {
    const { signal: closing } = new AbortController();
    const exchange = new HttpExchange({
      request,
      response,
      query: new URLSearchParams(),
      params: {},
      closing,
    });
    const { signal } = exchange;
    const message = { stream: 'x'.repeat(1024 * 1024) };
    let count = 0;
    void sendProgress(exchange, async progress => {
      for (; !signal.aborted && count < 1000; count++) {
        progress(message);
        await turn();
      }
    }).then(() => told.resolve(count), told.reject);
  });
  t.after(() => server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => undefined).pause();
  t.after(() => client.destroy());
  client.write('POST / HTTP/1.1\r\nHost: x\r\n\r\n');
  const count = await told.promise;
  assert.ok(count < 200, `${count} MiB were written`);
});

test('a stream that waits for its reader again and again does not gather listeners', async t => {
  const answered = Promise.withResolvers<ServerResponse>();
  const waits = { count: 0 };
  const server = createServer((request, response) => {
    const { signal: closing } = new AbortController();
    const query = new URLSearchParams();
    const exchange = new HttpExchange({ request, response, query, params: {}, closing });
    response.on('drain', () => waits.count++);
    async function* values() {
      while (waits.count < 100) yield 'x'.repeat(100_000);
      answered.resolve(response);
      await new Promise(() => undefined);
    }
    void sendLines(exchange, values(), { headersFirst: true });
  });
  t.after(() => server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1').resume();
  t.after(() => client.destroy());
  client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  const response = await answered.promise;
  assert.ok(response.listenerCount('close') < 10, `${response.listenerCount('close')} listeners`);
});

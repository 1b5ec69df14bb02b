import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { openMetricsServer } from './metrics-server.ts';

async function serve(context: TestContext, address = '127.0.0.1:0'): Promise<string> {
  const server = await openMetricsServer(
    {
      async *metrics() {
        yield 'a 1\n';
        yield 'b 2\n';
      },
    },
    address,
  );
  context.after(() => server.close());
  return server.address;
}

test('metrics are served as text, and nothing else is', async context => {
  const address = await serve(context);
  const answer = await fetch(`http://${address}/metrics`);
  assert.equal(answer.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  assert.equal(await answer.text(), 'a 1\nb 2\n');
  assert.equal((await fetch(`http://${address}/info`)).status, 404);
  assert.equal((await fetch(`http://${address}/metrics`, { method: 'POST' })).status, 405);
});

test('an address that is none, or taken, is refused', async context => {
  const address = await serve(context);
  await assert.rejects(openMetricsServer({ metrics: async function* () {} }, '127.0.0.1'), {
    kind: 'invalid-parameter',
    message: 'invalid metrics address "127.0.0.1": want HOST:PORT',
  });
  await assert.rejects(openMetricsServer({ metrics: async function* () {} }, '127.0.0.1:70000'), {
    kind: 'invalid-parameter',
  });
  await assert.rejects(openMetricsServer({ metrics: async function* () {} }, address), { kind: 'conflict' });
});

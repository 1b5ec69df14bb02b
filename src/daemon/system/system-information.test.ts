import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestDaemon } from '../testing/test-daemon.ts';

test('info names the network drivers that were opened', async t => {
  const { backend } = await TestDaemon.open(t);
  const { Plugins } = (await backend.info()) as { Plugins?: { Network?: string[] } };
  assert.deepEqual(Plugins?.Network, ['bridge', 'host', 'null']);
});

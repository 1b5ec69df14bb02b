import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestDaemon } from '../testing/test-daemon.ts';

test('a volume driver that does not exist is told of before a name that cannot be', async t => {
  const { backend } = await TestDaemon.open(t);
  await assert.rejects(backend.volumeCreate({ Name: 'v', Driver: 'nosuch' }), {
    kind: 'not-found',
    message: 'create v: error looking up volume plugin nosuch: plugin "nosuch" not found',
  });
  await assert.rejects(backend.volumeCreate({ Name: 'v' }), { kind: 'invalid-parameter' });
});

test('taking an unknown container out of a network is refused, by force in other words', async t => {
  const { backend } = await TestDaemon.open(t);
  await assert.rejects(backend.networkDisconnect('bridge', { Container: 'nosuch' }), {
    kind: 'not-found',
    message: 'No such container: nosuch',
  });
  await assert.rejects(backend.networkDisconnect('bridge', { Container: 'nosuch', Force: true }), {
    kind: 'not-found',
    message: 'endpoint nosuch not found',
  });
});

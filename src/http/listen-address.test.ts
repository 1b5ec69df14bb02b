import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseListenAddress } from './listen-address.ts';

test('addresses are written as dockerd has them', () => {
  assert.deepEqual(parseListenAddress('unix:///run/a.sock'), [{ type: 'unix', path: '/run/a.sock' }]);
  assert.deepEqual(parseListenAddress('tcp://127.0.0.1:4243'), [
    { type: 'tcp', host: '127.0.0.1', port: 4243 },
  ]);
  assert.deepEqual(parseListenAddress('tcp://:4243'), [{ type: 'tcp', host: '0.0.0.0', port: 4243 }]);
  assert.deepEqual(parseListenAddress('tcp://localhost'), [{ type: 'tcp', host: 'localhost', port: 2375 }]);
  assert.deepEqual(parseListenAddress('tcp://localhost', { hasTls: true }), [
    { type: 'tcp', host: 'localhost', port: 2376 },
  ]);
  assert.deepEqual(parseListenAddress('tcp://[::1]:5'), [{ type: 'tcp', host: '::1', port: 5 }]);
  assert.deepEqual(parseListenAddress('fd://7'), [{ type: 'fd', fd: 7 }]);
});

test('fd:// takes all that systemd handed over to this process', () => {
  const env = { LISTEN_PID: String(process.pid), LISTEN_FDS: '2' };
  assert.deepEqual(parseListenAddress('fd://', { env }), [
    { type: 'fd', fd: 3 },
    { type: 'fd', fd: 4 },
  ]);
  assert.throws(() => parseListenAddress('fd://', { env: { LISTEN_PID: '1', LISTEN_FDS: '2' } }), {
    kind: 'invalid-parameter',
    message: 'no sockets found via socket activation',
  });
});

test('what is no address is refused', () => {
  for (const text of ['', '/run/a.sock', 'unix://a.sock', 'tcp://a:b', 'tcp://a:99999', 'http://a', 'fd://x'])
    assert.throws(() => parseListenAddress(text), { kind: 'invalid-parameter' }, text);
});

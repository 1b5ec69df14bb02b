import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { listenUnix } from './unix-listener.ts';

test('a thousand clients may connect before the first is accepted', async t => {
  const directory = mkdtempSync('/tmp/slipway-listener-');
  t.after(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'socket');
  const server = createServer(socket => socket.destroy());
  t.after(() => server.close());
  await listenUnix(server, path);
  // The kernel connects at once; nothing is accepted until this turn of the event loop ends.
  const clients = Array.from({ length: 1000 }, () => connect(path));
  const ends = await Promise.allSettled(clients.map(client => once(client.resume(), 'close')));
  assert.deepEqual(
    ends.filter(({ status }) => status === 'rejected'),
    [],
  );
});

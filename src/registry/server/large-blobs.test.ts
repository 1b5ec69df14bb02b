/** Blobs that do not fit into a connection's buffers: the kernel sends most of them itself. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readlinkSync, truncateSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { until } from '../../base/testing/until.ts';
import { sha256, TestRegistry } from './testing/test-registry.ts';

const BYTES = 20_000_000;

async function serve(t: TestContext) {
  const registry = await TestRegistry.start(t);
  const data = randomBytes(BYTES);
  const { digest } = await registry.pushBlob('app', data);
  const path = `/v2/app/blobs/${digest}`;
  const [host = '', port] = registry.host.split(':');
  const say = (text: string): Socket => {
    const socket = connect(Number(port), host);
    t.after(() => socket.destroy());
    socket.write(text);
    return socket;
  };
  const file = join(registry.root, 'blobs', digest.replace(':', '/'));
  const openFiles = () => readdirSync('/proc/self/fd').filter(fd => leadsTo(fd, file)).length;
  return { registry, data, digest, path, say, file, openFiles };
}

function leadsTo(fd: string, file: string): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`) === file;
  } catch {
    // It has been closed meanwhile.
    return false;
  }
}

const rest = async (socket: Socket) => Buffer.concat(await socket.toArray());

const request = (path: string, headers = '') => `GET ${path} HTTP/1.1\r\nHost: r\r\n${headers}\r\n`;

test('large blobs and parts of them come whole, to many at once', async t => {
  const { registry, data, digest, path } = await serve(t);
  const whole = Array.from({ length: 3 }, async () => sha256((await registry.ask(`GET ${path}`)).body));
  const parts = [1, 65_536, 12_345_678].map(async start => {
    const range = `bytes=${start}-${BYTES - 2}`;
    const { status, body } = await registry.ask(`GET ${path}`, { headers: { range } });
    assert.equal(status, 206);
    assert.ok(body.equals(data.subarray(start, BYTES - 1)), range);
  });
  assert.deepEqual(new Set(await Promise.all(whole)), new Set([digest]));
  await Promise.all(parts);
  const { body } = await registry.ask('GET /metrics');
  const [, sent = ''] = /^slipway_registry_sent_bytes_total (\d+)/m.exec(String(body)) ?? [];
  assert.ok(Number(sent) >= 3 * BYTES, sent);
});

test('a client that reads late gets what it asked for', async t => {
  const { data, path, say } = await serve(t);
  const socket = say(request(path, 'Connection: close\r\n'));
  const [first] = (await once(socket, 'data')) as [Buffer];
  socket.pause();
  // So long that the kernel's buffers are full.
  let sent = -1;
  await until(() => {
    const before = sent;
    sent = socket.bytesRead;
    return before === sent;
  });
  const answer = Buffer.concat([first, await rest(socket)]);
  assert.ok(answer.subarray(answer.indexOf('\r\n\r\n') + 4).equals(data));
});

test('requests that a client sends at once are answered one after the other', async t => {
  const { data, path, say } = await serve(t);
  const socket = say(request(path) + request(path) + request(path, 'Connection: close\r\n'));
  const answer = await rest(socket);
  const ends = [answer.indexOf('\r\n\r\n') + 4];
  while (ends.length < 3) ends.push(answer.indexOf('\r\n\r\n', (ends.at(-1) ?? 0) + BYTES) + 4);
  for (const start of ends) assert.ok(answer.subarray(start, start + BYTES).equals(data));
});

test('a client that asks for thousands at once, and reads nothing, has one file open', async t => {
  const { registry, path, say, openFiles } = await serve(t);
  const socket = say(request(path).repeat(5000));
  await once(socket, 'data');
  socket.pause();
  for (let asked = 0; asked < 20; asked++) {
    assert.equal((await registry.ask(`HEAD ${path}`)).status, 200);
    assert.equal(openFiles(), 1);
  }
});

test('a blob that is shortened while it is sent is never taken for whole', async t => {
  const { path, say, file } = await serve(t);
  const socket = say(request(path));
  const [first] = (await once(socket, 'data')) as [Buffer];
  socket.pause();
  truncateSync(file, 100_000);
  socket.on('error', () => undefined);
  let received = first.length;
  socket.on('data', chunk => {
    received += chunk.length;
  });
  socket.resume();
  if (!socket.closed) await once(socket, 'close');
  assert.ok(received < BYTES, String(received));
});

test('a client that goes leaves neither its connection nor the file open', async t => {
  const { registry, path, say, openFiles } = await serve(t);
  const sockets = Array.from({ length: 10 }, () => say(request(path) + request(path)));
  await Promise.all(sockets.map(socket => once(socket, 'data')));
  assert.ok(openFiles() > 0);
  for (const socket of sockets) socket.resetAndDestroy();
  await until(() => openFiles() === 0);
  assert.equal((await registry.ask(`HEAD ${path}`)).status, 200);
});

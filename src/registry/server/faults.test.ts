/** Clients that misbehave, and what comes between. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, truncateSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { until } from '../../base/testing/until.ts';
import { codeOf, locationOf, sha256, TestRegistry } from './testing/test-registry.ts';

test('many pushes of one blob at once leave it whole, and nothing else', async t => {
  const registry = await TestRegistry.start(t);
  const data = randomBytes(300_000);
  const digest = sha256(data);
  const statuses = await Promise.all(
    Array.from({ length: 20 }, async (_, index) => {
      const begun = await registry.ask(`POST /v2/app${index % 3}/blobs/uploads/`);
      return (await registry.ask(`PUT ${locationOf(begun)}?digest=${digest}`, { body: data })).status;
    }),
  );
  assert.deepEqual(new Set(statuses), new Set([201]));
  assert.equal(sha256((await registry.ask(`GET /v2/app0/blobs/${digest}`)).body), digest);
  assert.deepEqual(readdirSync(join(registry.root, 'uploads')), []);
  assert.deepEqual(readdirSync(join(registry.root, 'blobs/sha256')), [digest.slice('sha256:'.length)]);
});

test('an upload goes on by a request that takes over from one that hangs', async t => {
  const registry = await TestRegistry.start(t);
  const data = randomBytes(2_000_000);
  const location = locationOf(await registry.ask('POST /v2/app/blobs/uploads/'));
  const [host, port] = registry.host.split(':');
  const headers = { 'content-length': data.length };
  const hanging = request({ host, port, method: 'PATCH', path: location, headers });
  hanging.on('error', () => undefined);
  hanging.write(data.subarray(0, 1_000_000));
  const rangeOf = async (line: string) => String((await registry.ask(line)).headers.range);
  await until(async () => (await rangeOf(`GET ${location}`)) !== '0-0');
  const known = Number((await rangeOf(`PATCH ${location}`)).replace('0-', '')) + 1;
  assert.ok(known > 500_000, String(known));
  const done = await registry.ask(`PUT ${location}?digest=${sha256(data)}`, { body: data.subarray(known) });
  assert.equal(done.status, 201);
});

test('the answer to a body that is not wanted is read by a client that goes on sending', async t => {
  const registry = await TestRegistry.start(t);
  const [host = '', port] = registry.host.split(':');
  const socket = connect(Number(port), host);
  t.after(() => socket.destroy());
  socket.write(
    'PUT /v2/app/manifests/big HTTP/1.1\r\nHost: r\r\nContent-Length: 8000000\r\nContent-Type: application/json\r\n\r\n',
  );
  const answer = text(socket);
  for (let sent = 0; sent < 8_000_000; sent += 100_000) socket.write(Buffer.alloc(100_000, ' '));
  assert.match(await answer, /^HTTP\/1.1 413 [^]*"SIZE_INVALID"/);
});

test('a client that sends its head slowly is shut out, and others are not kept waiting', async t => {
  const registry = await TestRegistry.start(t, { patience: { headersTimeoutMs: 300, idleTimeoutMs: 500 } });
  const [host = '', port] = registry.host.split(':');
  const slow = Array.from({ length: 50 }, () => connect(Number(port), host));
  t.after(() => slow.forEach(socket => socket.destroy()));
  for (const socket of slow) {
    socket.on('error', () => undefined);
    socket.write('GET /v2/ HTTP/1.1\r\nX-Slow: ');
  }
  assert.equal((await registry.ask('GET /v2/')).status, 200);
  await Promise.all(slow.map(socket => text(socket).catch(() => '')));
});

test('a client that stops in the middle of a body is shut out; what it has sent stays', async t => {
  const registry = await TestRegistry.start(t, { patience: { headersTimeoutMs: 300, idleTimeoutMs: 300 } });
  const location = locationOf(await registry.ask('POST /v2/app/blobs/uploads/'));
  const [host = '', port] = registry.host.split(':');
  const socket = connect(Number(port), host);
  socket.on('error', () => undefined);
  socket.write(`PATCH ${location} HTTP/1.1\r\nHost: r\r\nContent-Length: 100\r\n\r\nabc`);
  await text(socket).catch(() => '');
  await until(async () => (await registry.ask(`GET ${location}`)).headers.range === '0-2');
});

test('a blob that the disk has shortened is never sent as if it were whole', async t => {
  const registry = await TestRegistry.start(t);
  const { digest } = await registry.pushBlob('app', randomBytes(1000));
  truncateSync(join(registry.root, 'blobs', digest.replace(':', '/')), 500);
  assert.equal((await registry.ask(`GET /v2/app/blobs/${digest}`)).status, 500);
  // It is whole again when it is pushed again.
  const whole = await registry.pushBlob('other', randomBytes(10));
  assert.equal((await registry.ask(`GET /v2/other/blobs/${whole.digest}`)).status, 200);
});

test('heads that are no HTTP, or too large, are refused', async t => {
  const registry = await TestRegistry.start(t);
  const [host = '', port] = registry.host.split(':');
  const say = async (head: string) => {
    const socket = connect(Number(port), host);
    socket.on('error', () => undefined);
    socket.write(head);
    return (await text(socket)).split('\r\n')[0];
  };
  assert.equal(await say('what is this\r\n\r\n'), 'HTTP/1.1 400 Bad Request');
  assert.equal(
    await say(`GET /v2/ HTTP/1.1\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`),
    'HTTP/1.1 431 Request Header Fields Too Large',
  );
});

test('no mistake of a client is an error of the server', async t => {
  const registry = await TestRegistry.start(t);
  await registry.pushImage('app', 'v1');
  const upload = locationOf(await registry.ask('POST /v2/app/blobs/uploads/'));
  const odd = [
    '',
    '%00',
    '..',
    '%2e%2e%2f',
    'a'.repeat(4000),
    '%F0%9F%98%80',
    "';drop table blobs;--",
    'sha256:',
    `sha256:${'0'.repeat(64)}`,
    '*',
    '?',
  ];
  const lines = odd.flatMap(text => [
    `GET /v2/${text}/manifests/v1`,
    `GET /v2/app/manifests/${text}`,
    `PUT /v2/app/manifests/${text}`,
    `DELETE /v2/app/manifests/${text}`,
    `HEAD /v2/app/blobs/${text}`,
    `DELETE /v2/app/blobs/${text}`,
    `GET /v2/app/referrers/${text}?artifactType=${text}`,
    `GET /v2/app/tags/list?n=${text}&last=${text}`,
    `GET /v2/_catalog?n=${text}&last=${text}`,
    `POST /v2/app/blobs/uploads/?mount=${text}&from=${text}`,
    `POST /v2/${text}/blobs/uploads/?digest=${text}`,
    `PATCH /v2/app/blobs/uploads/${text}`,
    `PUT ${upload}?digest=${text}`,
    `GET /v2/app/blobs/uploads/${text}`,
  ]);
  for (const line of lines) {
    const answer = await registry.ask(line);
    assert.ok(answer.status < 500, `${line}: ${answer.status} ${codeOf(answer)}`);
  }
});

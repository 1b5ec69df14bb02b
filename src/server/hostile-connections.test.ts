/** Connections that a route is about to take over, of clients that do not keep to the protocol. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as dial } from 'node:net';
import type { Duplex } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { EngineError } from '../base/errors.ts';
import type { AttachSession } from '../api/backend.ts';
import { fakeServer, readToEnd, readUntil } from './testing/fake-server.ts';

const HEAD = /\r\n\r\n/;
const HOST = 'Host: localhost\r\n';
const UPGRADES = {
  attach: 'Connection: Upgrade\r\nUpgrade: tcp\r\n',
  grpc: 'Connection: Upgrade\r\nUpgrade: h2c\r\n',
};

const echo: AttachSession = {
  multiplexed: false,
  async run(client: Duplex) {
    client.on('data', chunk => client.write(`<${chunk}>`));
    client.once('end', () => client.end('bye'));
  },
};

async function echoing(context: TestContext) {
  const attached = Promise.withResolvers<void>();
  const asked: string[] = [];
  const server = await fakeServer(context, {
    containerWait: async () => ({ status: new Promise(() => undefined) }),
    containerRemove: async id => void asked.push(`remove ${id}`),
    containerAttach: async id => {
      asked.push(`attach ${id}`);
      await attached.promise;
      return echo;
    },
  });
  return { ...server, asked, goOn: () => attached.resolve() };
}

for (const [what, line, headers] of [
  ['attach', 'POST /containers/c/attach', UPGRADES.attach],
  ['attach in the old form', 'POST /containers/c/attach', ''],
  ['attach without a container', 'POST /containers/nobody/attach', UPGRADES.attach],
  ['grpc', 'POST /grpc', UPGRADES.grpc],
  ['session', 'POST /session', UPGRADES.grpc],
] as const) {
  test(`${what} before the answer to another request ends the connection, and nothing else`, async context => {
    const { ask, asked, connect } = await echoing(context);
    const client = connect();
    client.on('error', () => undefined).on('end', () => client.destroy());
    client.write(
      `POST /containers/c/wait HTTP/1.1\r\n${HOST}\r\n${line} HTTP/1.1\r\n${HOST}${headers}\r\nrubbish`,
    );
    client.resume();
    await once(client, 'close');
    assert.deepEqual(asked, []);
    assert.equal((await ask('GET /_ping')).status, 200);
  });
}

test('what looks like a request behind one of the old form is none', async context => {
  const { asked, connect, goOn } = await echoing(context);
  const client = connect();
  client.write(
    `POST /containers/c/attach HTTP/1.1\r\n${HOST}\r\nDELETE /containers/c?force=1 HTTP/1.1\r\n${HOST}\r\n`,
  );
  goOn();
  await readUntil(client, HEAD);
  client.end('last');
  assert.match(await readToEnd(client), /<last>bye$/);
  assert.deepEqual(asked, ['attach c']);
});

test('what is not HTTP behind a request of the old form does not end its session', async context => {
  const { connect, goOn } = await echoing(context);
  const client = connect();
  client.write(`POST /containers/c/attach HTTP/1.1\r\n${HOST}\r\n\x01\x02 rubbish\r\n\r\n`);
  goOn();
  await readUntil(client, HEAD);
  client.end('last');
  assert.match(await readToEnd(client), /<last>bye$/);
});

test('a connection that is not handed over after all serves further requests', async context => {
  const { connect } = await fakeServer(context, {
    containerAttach: async () => {
      throw new EngineError('not-found', 'No such container: c');
    },
  });
  const client = connect();
  for (let count = 0; count < 3; count++) {
    client.write(`POST /containers/c/attach HTTP/1.1\r\n${HOST}\r\n`);
    assert.match(await readUntil(client, /No such container: c\r\n$/), /^HTTP\/1.1 404 /);
    client.write(`GET /_ping HTTP/1.1\r\n${HOST}\r\n`);
    assert.match(await readUntil(client, /OK$/), /^HTTP\/1.1 200 /);
  }
});

test('a request behind one of the old form that fails, and one to be upgraded after it, end no more than their connection', async context => {
  const given = Promise.withResolvers<void>();
  const { ask, connect } = await fakeServer(context, {
    containerAttach: async () => {
      await given.promise;
      throw new EngineError('conflict', 'it does not run');
    },
  });
  const client = connect();
  client.on('error', () => undefined);
  client.write(`POST /containers/c/attach HTTP/1.1\r\n${HOST}\r\nGET /_ping HTTP/1.1\r\n${HOST}\r\n`);
  given.resolve();
  await readUntil(client, /it does not run/);
  const closed = new Promise(resolve => client.once('close', resolve));
  client.on('end', () => client.destroy()).resume();
  client.write(`POST /containers/c/attach HTTP/1.1\r\n${HOST}${UPGRADES.attach}\r\n`);
  await closed;
  assert.equal((await ask('GET /_ping')).status, 200);
});

test('a request behind one of the old form that fails is told by the end of the connection that it has no answer', async context => {
  const { connect } = await fakeServer(context, {
    containerAttach: async () => {
      await turn();
      throw new EngineError('conflict', 'it does not run');
    },
  });
  const client = connect();
  client.write(`POST /containers/c/attach HTTP/1.1\r\n${HOST}\r\nGET /_ping HTTP/1.1\r\n${HOST}\r\n`);
  assert.match(await readToEnd(client), /^HTTP\/1.1 409 [^]*it does not run\r\n$/);
});

test('a connection that breaks before it is handed over does not disturb other connections', async context => {
  for (const { extra, headers } of [
    { extra: '', headers: UPGRADES.attach },
    { extra: '', headers: '' },
    { extra: 'Transfer-Encoding: chunked\r\n', headers: UPGRADES.attach },
    // Refused for its head.
    { extra: HOST, headers: UPGRADES.attach },
  ]) {
    const called = Promise.withResolvers<void>();
    const broken = Promise.withResolvers<void>();
    const ran = Promise.withResolvers<boolean>();
    const { ask, server } = await fakeServer(
      context,
      {
        containerAttach: async () => {
          called.resolve();
          await broken.promise;
          return { multiplexed: false, run: async client => ran.resolve(client.destroyed) };
        },
      },
      { tcp: true },
    );
    const port = Number(server.addresses[1]?.split(':').at(-1));
    const client = dial(port, '127.0.0.1');
    await once(client, 'connect');
    await new Promise(resolve =>
      client.write(`POST /containers/c/attach HTTP/1.1\r\n${HOST}${extra}${headers}\r\n`, resolve),
    );
    if (extra !== HOST) await called.promise;
    client.on('error', () => undefined).resetAndDestroy();
    for (let count = 0; count < 3; count++) assert.equal((await ask('GET /_ping')).status, 200);
    broken.resolve();
    if (extra !== HOST) assert.equal(await ran.promise, true);
    assert.equal((await ask('GET /_ping')).status, 200);
  }
});

test('a connection ends on which more requests wait than a client has use for, and others are served', async context => {
  const { ask, connect } = await echoing(context);
  const client = connect();
  client.write(`POST /containers/c/wait HTTP/1.1\r\n${HOST}\r\n`);
  client.write(`GET /_ping HTTP/1.1\r\n${HOST}\r\n`.repeat(10_001));
  // With an error where not all of it was read.
  await new Promise(resolve => client.once('end', resolve).once('error', resolve).resume());
  assert.equal((await ask('GET /_ping')).status, 200);
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { WebSocket as Client } from 'ws';
import type { AttachOptions, AttachSession } from '../api/backend.ts';
import { EngineError } from '../base/errors.ts';
import { fakeServer, readToEnd } from './testing/fake-server.ts';

const PATH = '/v1.51/containers/c/attach/ws?stream=1&stdin=1&stdout=1';
const HANDSHAKE =
  'Host: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n';

async function serving(context: TestContext, run: (client: Duplex) => Promise<void>) {
  const asked: AttachOptions[] = [];
  const session: AttachSession = { multiplexed: false, run };
  const server = await fakeServer(
    context,
    {
      containerAttach: async (id, options) => {
        if (id !== 'c') throw new EngineError('not-found', `No such container: ${id}`);
        asked.push(options);
        return session;
      },
    },
    { tcp: true },
  );
  const port = server.server.addresses[1]?.split(':').at(-1) ?? '';
  const open = (path = PATH) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`);
    socket.binaryType = 'arraybuffer';
    return socket;
  };
  return { ...server, asked, open, url: `ws://127.0.0.1:${port}${PATH}` };
}

async function message(socket: WebSocket): Promise<unknown> {
  const [{ data }] = (await once(socket, 'message')) as [MessageEvent];
  return data instanceof ArrayBuffer ? Buffer.from(data).toString() : data;
}

test('a session by WebSocket has raw output in binary messages, and input from messages of both kinds', async context => {
  const { asked, open } = await serving(context, async client => {
    client.on('data', chunk => client.write(`<${chunk}>`));
    await once(client, 'end');
    client.end();
  });
  const socket = open();
  await once(socket, 'open');
  assert.deepEqual(asked, [
    { stream: true, logs: false, stdin: true, stdout: true, stderr: false, detachKeys: '', raw: true },
  ]);
  socket.send('text');
  assert.equal(await message(socket), '<text>');
  socket.send(Buffer.from('bytes'));
  assert.equal(await message(socket), '<bytes>');
  socket.close();
  await once(socket, 'close');
});

test('the end of a session, and what ends it with an error, reach the client', async context => {
  for (const fails of [false, true]) {
    const { open } = await serving(context, async client => {
      if (fails) throw new Error('it broke');
      client.end('last');
    });
    const socket = open();
    assert.equal(await message(socket), fails ? 'it broke\r\n' : 'last');
    await once(socket, 'close');
  }
});

test('what is refused before has its status', async context => {
  const { ask, asked, connect } = await serving(context, async () => undefined);
  assert.deepEqual(await ask('GET /containers/c/attach/ws').then(({ status, json }) => ({ status, json })), {
    status: 400,
    json: { message: 'not websocket protocol' },
  });
  assert.deepEqual(asked, []);
  const client = connect();
  client.write(
    `GET /containers/x/attach/ws HTTP/1.1\r\n${HANDSHAKE}Sec-WebSocket-Key: ${'A'.repeat(22)}==\r\n\r\n`,
  );
  assert.match(await readToEnd(client), /^HTTP\/1.1 404 [^]*No such container: x/);
});

test('a session whose client has no right handshake comes to its end', async context => {
  const ran = Promise.withResolvers<boolean>();
  const { connect } = await serving(context, async client => ran.resolve(client.destroyed));
  const client = connect();
  client.write(`GET ${PATH} HTTP/1.1\r\n${HANDSHAKE}Sec-WebSocket-Key: x\r\n\r\n`);
  assert.match(await readToEnd(client), /^HTTP\/1.1 400 /);
  assert.equal(await ran.promise, true);
});

test('a message that is too long, and frames that are none, end the connection, and the session with it', async context => {
  const sessions: Promise<unknown>[] = [];
  const { ask, connect } = await serving(context, async client => {
    const ended = new Promise(resolve => client.once('close', resolve));
    sessions.push(ended);
    client.resume();
    await ended;
  });
  for (const frame of [
    [0x82, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4],
    [0xff, 0xff, 0xff],
  ]) {
    const client = connect();
    client.write(`GET ${PATH} HTTP/1.1\r\n${HANDSHAKE}Sec-WebSocket-Key: ${'A'.repeat(22)}==\r\n\r\n`);
    client.write(Buffer.from(frame));
    await readToEnd(client);
    client.destroy();
  }
  await Promise.all(sessions);
  assert.equal(sessions.length, 2);
  assert.equal((await ask('GET /_ping')).status, 200);
});

test('pings are answered, but for a client that does not read no answers are kept', async context => {
  const { connect, url } = await serving(context, client =>
    once(client.resume(), 'close').then(() => undefined),
  );
  const polite = new Client(url);
  await once(polite, 'open');
  polite.ping('are you there');
  assert.equal(String((await once(polite, 'pong'))[0]), 'are you there');
  polite.terminate();
  const client = connect().pause();
  client.on('error', () => undefined);
  client.write(`GET ${PATH} HTTP/1.1\r\n${HANDSHAKE}Sec-WebSocket-Key: ${'A'.repeat(22)}==\r\n\r\n`);
  const ping = Buffer.concat([Buffer.from([0x89, 0xfd, 0, 0, 0, 0]), Buffer.alloc(125, 'p')]);
  const pings = Buffer.concat(Array.from({ length: 1000 }, () => ping));
  for (let round = 0; round < 40; round++) if (!client.write(pings)) await once(client, 'drain');
  let pongs = 0;
  client.on('data', (chunk: Buffer) => (pongs += chunk.length));
  client.end(Buffer.from([0x88, 0x80, 0, 0, 0, 0]));
  await once(client.resume(), 'end');
  assert.ok(pongs < 40_000 * 127 - 1_000_000, `${pongs} bytes`);
});

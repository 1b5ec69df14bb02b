import assert from 'node:assert/strict';
import type { Duplex } from 'node:stream';
import { test } from 'node:test';
import { EngineError } from '../base/errors.ts';
import type { AttachOptions, AttachSession } from '../api/backend.ts';
import { fakeServer, readToEnd, readUntil } from './testing/fake-server.ts';

const HEADERS_END = /\r\n\r\n/;
const UPGRADE = 'Host: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n';

/** Sends everything back, and a last word once the client has ended its side. */
function echo(multiplexed = false): AttachSession {
  return {
    multiplexed,
    async run(client: Duplex) {
      client.on('data', chunk => client.write(`<${chunk}>`));
      client.once('end', () => client.end('bye'));
    },
  };
}

for (const form of ['new', 'old']) {
  const headers = form === 'new' ? UPGRADE : 'Host: d\r\n';

  test(`attach in the ${form} form carries bytes both ways, and each side ends by itself`, async context => {
    const { connect } = await fakeServer(context, { containerAttach: async () => echo() });
    const client = connect();
    client.write(`POST /v1.51/containers/c/attach?stream=1&stdin=1 HTTP/1.1\r\n${headers}\r\n`);
    const head = await readUntil(client, HEADERS_END);
    assert.equal(
      head,
      form === 'new'
        ? 'HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n'
        : 'HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n',
    );
    client.write('GET / HTTP/1.1\r\n\r\n');
    assert.equal(await readUntil(client, />/), '<GET / HTTP/1.1\r\n\r\n>');
    client.end('last');
    assert.equal(await readToEnd(client), '<last>bye');
  });

  test(`exec start in the ${form} form reads its options first, also when they come in pieces`, async context => {
    const seen: unknown[] = [];
    const { connect } = await fakeServer(context, {
      execStart: async (id, config) => {
        seen.push(id, config);
        return echo();
      },
    });
    const client = connect();
    const body = '{"Detach":false,"Tty":true}';
    client.write(
      `POST /exec/e/start HTTP/1.1\r\n${headers}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 9)}`,
    );
    await new Promise(setImmediate);
    client.write(body.slice(9));
    await readUntil(client, HEADERS_END);
    assert.deepEqual(seen, ['e', { Detach: false, Tty: true }]);
    client.end('x');
    assert.equal(await readToEnd(client), '<x>bye');
  });

  test(`a server that ends first in the ${form} form leaves the client able to finish`, async context => {
    const received = Promise.withResolvers<string>();
    const { connect } = await fakeServer(context, {
      containerAttach: async () => ({
        multiplexed: false,
        async run(client: Duplex) {
          client.end('done');
          received.resolve(await readToEnd(client));
        },
      }),
    });
    const client = connect();
    client.write(`POST /containers/c/attach HTTP/1.1\r\n${headers}\r\n`);
    assert.match(await readToEnd(client), /done$/);
    client.end('still here');
    assert.equal(await received.promise, 'still here');
  });

  test(`an error before the ${form} form has switched is an answer of its own, whose text is the reason`, async context => {
    const { connect } = await fakeServer(context, {
      containerAttach: async id => {
        throw new EngineError('not-found', `No such container: ${id}`);
      },
    });
    const client = connect();
    client.write(`POST /containers/c/attach HTTP/1.1\r\n${headers}Connection: close\r\n\r\n`);
    const answer = await readToEnd(client);
    assert.match(answer, /^HTTP\/1.1 404 Not Found\r\n/);
    assert.match(answer, /\r\nContent-Type: application\/vnd.docker.raw-stream\r\n/);
    assert.match(answer, /\r\n\r\nNo such container: c\r\n$/);
  });

  test(`a large stream in the ${form} form arrives whole through a slow reader`, async context => {
    const size = 8 * 1024 * 1024;
    const { connect } = await fakeServer(context, {
      containerAttach: async () => ({
        multiplexed: false,
        async run(client: Duplex) {
          client.pipe(client);
        },
      }),
    });
    const client = connect();
    client.write(`POST /containers/c/attach HTTP/1.1\r\n${headers}\r\n`);
    await readUntil(client, HEADERS_END);
    client.end(Buffer.alloc(size, 'a'));
    let got = 0;
    for await (const chunk of client) {
      got += chunk.length;
      await new Promise(setImmediate);
    }
    assert.equal(got, size);
  });
}

test('what the client sends right behind an upgrading request reaches the session', async context => {
  const { connect } = await fakeServer(context, {
    containerAttach: async () => echo(),
    execStart: async () => echo(),
  });
  const attach = connect();
  attach.end(`POST /containers/c/attach HTTP/1.1\r\n${UPGRADE}\r\nearly`);
  assert.match(await readToEnd(attach), /\r\n\r\n<early>bye$/);
  const exec = connect();
  exec.end(
    `POST /exec/e/start HTTP/1.1\r\n${UPGRADE}Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}early`,
  );
  assert.match(await readToEnd(exec), /\r\n\r\n<early>bye$/);
});

test('a client that announces a chunked body and goes on raw is understood', async context => {
  const { connect } = await fakeServer(context, { containerAttach: async () => echo() });
  for (const headers of [UPGRADE, 'Host: d\r\n']) {
    const client = connect();
    client.write(`POST /containers/c/attach HTTP/1.1\r\n${headers}Transfer-Encoding: chunked\r\n\r\n`);
    await readUntil(client, HEADERS_END);
    client.end('raw');
    assert.equal(await readToEnd(client), '<raw>bye');
  }
});

test('multiplexed output is announced since API 1.42, and raw before', async context => {
  const { connect } = await fakeServer(context, { containerAttach: async () => echo(true) });
  for (const [version, type] of [
    ['1.41', 'raw'],
    ['1.42', 'multiplexed'],
  ]) {
    const client = connect();
    client.end(`POST /v${version}/containers/c/attach HTTP/1.1\r\n${UPGRADE}\r\n`);
    assert.match(await readToEnd(client), new RegExp(`Content-Type: application/vnd.docker.${type}-stream`));
  }
});

test('a session that fails tells the client why, in a frame where output is framed', async context => {
  const failing = (multiplexed: boolean): AttachSession => ({
    multiplexed,
    run: () => Promise.reject(new EngineError('system', 'exec failed')),
  });
  const { connect } = await fakeServer(context, {
    containerAttach: async id => failing(id === 'framed'),
  });
  const plain = connect();
  plain.write(`POST /containers/plain/attach HTTP/1.1\r\n${UPGRADE}\r\n`);
  assert.match(await readToEnd(plain), /\r\n\r\nexec failed\r\n$/);
  const framed = connect();
  framed.write(`POST /containers/framed/attach HTTP/1.1\r\n${UPGRADE}\r\n`);
  assert.ok((await readToEnd(framed)).endsWith('\x01\0\0\0\0\0\0\x0dexec failed\r\n'));
});

test('attach passes its parameters on', async context => {
  const seen: [string, AttachOptions][] = [];
  const { connect } = await fakeServer(context, {
    containerAttach: async (id, options) => {
      seen.push([id, options]);
      return echo();
    },
  });
  const client = connect();
  client.end(
    `POST /containers/c/attach?stream=1&logs=0&stdin=true&stdout=yes&detachKeys=ctrl-a HTTP/1.1\r\n${UPGRADE}\r\n`,
  );
  await readToEnd(client);
  const flags = { stream: true, logs: false, stdin: true, stdout: true, stderr: false };
  assert.deepEqual(seen, [['c', { ...flags, detachKeys: 'ctrl-a' }]]);
});

test('a detached exec is answered without a switch', async context => {
  const { ask } = await fakeServer(context, { execStart: async () => undefined });
  const answer = await ask('POST /exec/e/start', { body: { Detach: true } });
  assert.deepEqual([answer.status, answer.text], [200, '']);
});

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { EngineError } from '../base/errors.ts';
import { GrpcClient, type Methods, serveGrpc } from './grpc.ts';

const never = new AbortController().signal;

async function clientOf(t: TestContext, methods: Methods): Promise<GrpcClient> {
  const server = createServer(socket => void serveGrpc(socket, methods, () => undefined));
  const path = join(tmpdir(), `slipway-grpc-${randomBytes(4).toString('hex')}`);
  server.listen(path);
  await once(server, 'listening');
  const socket: Socket = connect(path);
  const client = new GrpcClient(socket);
  t.after(() => {
    client.close();
    server.close();
  });
  return client;
}

const echo: Methods = {
  '/echo': async call => {
    for await (const request of call.requests) await call.send(request);
  },
};

test('messages of any length arrive whole and in order, however their bytes are split', async t => {
  const client = await clientOf(t, echo);
  const messages = [0, 1, 16_384, 3_000_000, 5, 1_000_000, 0].map(length => randomBytes(length));
  const call = client.call('/echo');
  for (const message of messages) await call.send(message);
  call.end();
  const answers: Buffer[] = [];
  for await (const answer of call.responses) answers.push(answer);
  assert.deepEqual(
    answers.map(answer => answer.toString('base64')),
    messages.map(message => message.toString('base64')),
  );
});

test('errors with any text are transmitted', async t => {
  const texts = ['plain', 'a\nline', '\ud800 is half of a character', '100 %'];
  const methods: Methods = Object.fromEntries(
    texts.map((text, index) => [`/${index}`, () => Promise.reject(new EngineError('unavailable', text))]),
  );
  const client = await clientOf(t, methods);
  for (const [index, text] of texts.entries())
    await assert.rejects(client.unary(`/${index}`, Buffer.alloc(0), never), {
      kind: 'unavailable',
      message: text.toWellFormed(),
    });
});

test('of a long error the beginning is told', async t => {
  for (const text of ['x', ' ', 'é', 'x ', 'xé', '中x']) {
    const methods = { '/long': () => Promise.reject(new EngineError('unavailable', text.repeat(500_000))) };
    const client = await clientOf(t, methods);
    const pattern = new RegExp(`^(?:${text}){1500,}${text[0]}?…$`);
    await assert.rejects(client.unary('/long', Buffer.alloc(0), never), { message: pattern });
  }
});

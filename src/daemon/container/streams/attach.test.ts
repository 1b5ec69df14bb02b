import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { DEFAULT_DETACH_KEYS, DetachScanner, parseDetachKeys } from './detach-keys.ts';
import { type BridgeOptions, StreamBridge } from './stream-bridge.ts';

test('detach keys are read as Docker reads them', () => {
  assert.deepEqual(parseDetachKeys(''), [16, 17]);
  assert.deepEqual(parseDetachKeys('ctrl-a,b,ctrl-@,ctrl-['), [1, 98, 0, 27]);
  assert.throws(() => parseDetachKeys('zzz'), /^EngineError: Invalid detach keys \(zzz\) provided$/);
});

test('keys that turn out to be no detach sequence are passed on, in order', () => {
  const scanner = new DetachScanner(parseDetachKeys('a,a,b'));
  assert.deepEqual(scanner.scan(Buffer.from('xa')), { output: Buffer.from('x'), detached: false });
  assert.deepEqual(scanner.scan(Buffer.from('aa')), { output: Buffer.from('a'), detached: false });
  assert.deepEqual(scanner.scan(Buffer.from('c')), { output: Buffer.from('aac'), detached: false });
  assert.deepEqual(scanner.scan(Buffer.from('aabz')), { output: Buffer.alloc(0), detached: true });
});

async function socketPair(): Promise<[Socket, Socket]> {
  const path = join(tmpdir(), `attach-${process.pid}-${Math.random()}`);
  const server = createServer({ allowHalfOpen: true }).listen(path);
  const accepted = new Promise<Socket>(resolve => server.once('connection', resolve));
  const near = connect({ path, allowHalfOpen: true });
  const far = await accepted;
  server.close();
  return [near, far];
}

/** All that arrives until the end of the stream; unlike stream/consumers, it leaves the other direction open. */
async function text(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'end');
  return Buffer.concat(chunks).toString();
}

type Pairs = { client?: [Socket, Socket]; upstream?: [Socket, Socket] };

async function bridge(options: Partial<BridgeOptions>, pairs: Pairs = {}) {
  const [client, clientEnd] = pairs.client ?? (await socketPair());
  const [upstream, process] = pairs.upstream ?? (await socketPair());
  const session = new StreamBridge({
    client: clientEnd,
    upstream,
    terminal: false,
    stdin: true,
    closeStdin: true,
    detachKeys: DEFAULT_DETACH_KEYS,
    ...options,
  });
  return { client, process, session };
}

test('the end of the client’s input ends the process’s, and its output still arrives', async () => {
  const { client, process, session } = await bridge({});
  client.end('question');
  assert.equal(await text(process), 'question');
  process.end('answer');
  assert.equal(await text(client), 'answer');
  assert.equal(await session.done, 'ended');
});

test('an end of the input that came before the session, without data, ends the process’s input', async () => {
  const [client, clientEnd] = await socketPair();
  const ended = once(clientEnd, 'end');
  client.end();
  await ended;
  const { process, session } = await bridge({}, { client: [client, clientEnd] });
  assert.equal(await text(process), '');
  process.end('answer');
  assert.equal(await text(client), 'answer');
  assert.equal(await session.done, 'ended');
});

test('a process’s end that came before the session, without output, ends the session', async () => {
  for (const end of ['end', 'destroy'] as const) {
    const [upstream, process] = await socketPair();
    const ended = once(upstream, end === 'end' ? 'end' : 'close');
    if (end === 'end') process.end();
    else upstream.destroy();
    await ended;
    const { client, session } = await bridge({}, { upstream: [upstream, process] });
    assert.equal(await text(client), '');
    assert.equal(await session.done, 'ended');
    for (const socket of [process, client]) socket.destroy();
  }
});

test('input that the client may not send is dropped, and its end changes nothing', async () => {
  const { client, process, session } = await bridge({ stdin: false });
  client.end('ignored');
  process.end('output');
  assert.equal(await text(client), 'output');
  process.destroy();
  assert.equal(await session.done, 'ended');
});

test('the detach keys end the session of a terminal', async () => {
  const { client, process, session } = await bridge({ terminal: true });
  const ends = Promise.all([text(process), text(client)]);
  client.write(Buffer.from([120, 16, 17, 121]));
  assert.equal(await session.done, 'detached');
  assert.deepEqual(await ends, ['x', '']);
  process.end();
  client.end();
});

test('a client that has gone ends the session as soon as there is something to tell it', async () => {
  const { client, process, session } = await bridge({ stdin: false });
  process.on('error', () => undefined);
  process.resume();
  client.destroy();
  session.drain();
  const writing = setInterval(() => process.write('output'), 1);
  assert.equal(await session.done, 'ended');
  clearInterval(writing);
  process.destroy();
});

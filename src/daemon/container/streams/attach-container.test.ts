import assert from 'node:assert/strict';
import { once } from 'node:events';
import { appendFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { frame, FrameReader, STDOUT } from '../../../api/frame.ts';
import { until } from '../../../base/testing/until.ts';
import { formatTime, nowNs } from '../../model/clock.ts';
import { logPath } from '../../model/daemon-options.ts';
import { TestDaemon } from '../../testing/test-daemon.ts';

const STREAMS = {
  stream: true,
  logs: false,
  stdin: false,
  stdout: true,
  stderr: true,
  detachKeys: '',
};

/** A client's connection, and the server's side of it. */
async function connection(t: TestContext, engine: TestDaemon): Promise<{ client: Socket; served: Socket }> {
  const path = join(engine.directory, 'client.sock');
  const server = createServer({ allowHalfOpen: true }).listen(path);
  const client = connect({ path, allowHalfOpen: true }).pause();
  const [served] = (await once(server, 'connection')) as [Socket];
  server.close();
  // As the server's own connections have it.
  served.on('error', () => served.destroy());
  t.after(() => {
    client.destroy();
    served.destroy();
  });
  return { client, served };
}

async function gone(t: TestContext, engine: TestDaemon): Promise<Socket> {
  const { client, served } = await connection(t, engine);
  client.destroy();
  served.destroy();
  await once(served, 'close');
  return served;
}

function writeLog({ daemon }: TestDaemon, id: string): void {
  const line = { log: `${'x'.repeat(1000)}\n`, stream: 'stdout', time: '2026-01-01T00:00:00Z' };
  writeFileSync(logPath(daemon.options, id), `${JSON.stringify(line)}\n`.repeat(10_000));
}

for (const logs of [false, true])
  test(`of a client that has gone nothing stays connected${logs ? ', if it was to have the log first' : ''}`, async t => {
    const engine = await TestDaemon.open(t);
    const id = await engine.run('web');
    writeLog(engine, id);
    const session = await engine.backend.containerAttach(id, { ...STREAMS, logs });
    await session.run(await gone(t, engine));
    await until(() => engine.execDriver.last.clientCount === 0);
    const { clients, pendingAttaches } = engine.daemon.containers.find(id);
    assert.deepEqual([clients.size, pendingAttaches.size], [0, 0]);
  });

test('a client that goes while the log is sent to it leaves nothing connected', async t => {
  const engine = await TestDaemon.open(t);
  const id = await engine.run('web');
  writeLog(engine, id);
  const session = await engine.backend.containerAttach(id, { ...STREAMS, logs: true });
  const { client, served } = await connection(t, engine);
  const running = session.run(served);
  await until(() => served.bytesWritten > 0);
  client.destroy();
  await running.catch(() => undefined);
  await until(() => engine.execDriver.last.clientCount === 0);
});

test('a client that has gone does not wait for the next start', async t => {
  const engine = await TestDaemon.open(t);
  const id = await engine.create('web');
  const session = await engine.backend.containerAttach(id, STREAMS);
  await session.run(await gone(t, engine));
  assert.equal(engine.daemon.containers.find(id).pendingAttaches.size, 0);
});

for (const logs of [false, true])
  test(`output does not come with the head of the answer${logs ? ', nor does the log' : ''}`, async t => {
    const engine = await TestDaemon.open(t);
    const id = await engine.run('web');
    if (logs) writeLog(engine, id);
    const session = await engine.backend.containerAttach(id, { ...STREAMS, logs });
    const { client, served } = await connection(t, engine);
    await new Promise(resolve => served.write('head', resolve));
    const running = session.run(served);
    engine.execDriver.last.write('output');
    for (let turns = 0; turns < 50; turns++) await turn();
    const [first] = (await once(client.resume(), 'data')) as [Buffer];
    assert.equal(first.toString(), 'head');
    engine.execDriver.last.exit(0);
    await running;
  });

test('what a container has written goes to a client that was not yet connected when it ended', async t => {
  const engine = await TestDaemon.open(t);
  const id = await engine.run('web');
  const session = await engine.backend.containerAttach(id, STREAMS);
  const container = engine.execDriver.last;
  await until(() => container.clientCount === 1);
  container.write('last words');
  container.exit(0);
  const { client, served } = await connection(t, engine);
  const [running, chunks] = [session.run(served), client.toArray()];
  await running;
  assert.equal(Buffer.concat(await chunks).toString(), 'last words');
});

test('with the log, each line comes once: what is written once the streams are connected comes by them', async t => {
  const engine = await TestDaemon.open(t);
  const id = await engine.run('web');
  const container = engine.execDriver.last;
  const write = (text: string) => {
    const line = { log: text, stream: 'stdout', time: formatTime(nowNs()) };
    appendFileSync(logPath(engine.daemon.options, id), `${JSON.stringify(line)}\n`);
    container.write(frame(STDOUT, Buffer.from(text)));
  };
  write('first\n');
  const connect = container.attach.bind(container);
  container.attach = async () => {
    for (let turns = 0; turns < 10; turns++) await turn();
    write('second\n');
    return connect();
  };
  const session = await engine.backend.containerAttach(id, { ...STREAMS, logs: true });
  const { client, served } = await connection(t, engine);
  const running = session.run(served);
  const reader = new FrameReader();
  let received = '';
  client.on('data', (chunk: Buffer) => (received += reader.read(chunk)));
  client.resume();
  await until(() => received.endsWith('second\n'));
  write('third\n');
  container.exit(0);
  await running;
  await once(client, 'end');
  assert.equal(received, 'first\nsecond\nthird\n');
});

for (const logs of [false, true])
  test(`who wants it raw has both streams without frames${logs ? ', from the log too' : ''}`, async t => {
    const engine = await TestDaemon.open(t);
    const id = await engine.run('web');
    const container = engine.execDriver.last;
    if (logs) {
      const line = { log: 'before\n', stream: 'stderr', time: '2026-01-01T00:00:00Z' };
      writeFileSync(logPath(engine.daemon.options, id), `${JSON.stringify(line)}\n`);
    }
    const session = await engine.backend.containerAttach(id, { ...STREAMS, logs, raw: true });
    assert.equal(session.multiplexed, false);
    const { client, served } = await connection(t, engine);
    const [running, chunks] = [session.run(served), client.toArray()];
    const frames = Buffer.concat([frame(STDOUT, Buffer.from('out ')), frame(2, Buffer.from('err'))]);
    await until(() => container.clientCount === 1);
    container.write(frames.subarray(0, 10));
    await turn();
    container.write(frames.subarray(10));
    container.exit(0);
    await running;
    assert.equal(Buffer.concat(await chunks).toString(), logs ? 'before\nout err' : 'out err');
  });

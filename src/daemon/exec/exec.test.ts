import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { frame, FrameReader, STDERR, STDOUT } from '../../api/frame.ts';
import { EngineError } from '../../base/errors.ts';
import { TestDaemon } from '../testing/test-daemon.ts';

const ATTACHED = { Cmd: ['sh'], AttachStdout: true, AttachStderr: true };

test('frames are decoded however their bytes are split', () => {
  const bytes = Buffer.concat([frame(STDOUT, Buffer.from('out')), frame(STDERR, Buffer.from('err'))]);
  for (let length = 1; length <= bytes.length; length += 1) {
    const reader = new FrameReader();
    const read: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += length) read.push(reader.read(bytes.subarray(at, at + length)));
    assert.equal(Buffer.concat(read).toString(), 'outerr');
  }
});

test('whether output is framed is said by the start, not by the kind of process', async t => {
  const engine = await TestDaemon.open(t);
  await engine.run('web');
  const framed = frame(STDOUT, Buffer.from('out'));
  const cases = [
    { created: true, started: true, written: Buffer.from('out'), received: Buffer.from('out') },
    { created: true, started: false, written: Buffer.from('out'), received: framed },
    { created: false, started: true, written: framed, received: Buffer.from('out') },
    { created: false, started: false, written: framed, received: framed },
  ];
  for (const { created, started, written, received } of cases) {
    const { Id } = await engine.backend.execCreate('web', { ...ATTACHED, Tty: created });
    const session = await engine.backend.execStart(Id, { Tty: started });
    assert.equal(session?.multiplexed, !started);
    engine.execDriver.last.onExec = async process => {
      process.start = async () => {
        process.write(written);
        process.exit(0);
      };
    };
    const pieces: Buffer[] = [];
    const client = new Duplex({
      read: () => undefined,
      write: (piece: Buffer, _encoding, done) => {
        pieces.push(piece);
        done();
      },
    });
    await session?.run(client);
    assert.deepEqual(Buffer.concat(pieces), received);
  }
});

test('an exec is started once, is listed until it has ended, and keeps its pid', async t => {
  const engine = await TestDaemon.open(t);
  const id = await engine.run('web');
  const { Id } = await engine.backend.execCreate('web', ATTACHED);
  const { Id: unused } = await engine.backend.execCreate('web', ATTACHED);
  const listed = async () => (await engine.backend.containerInspect('web', { size: false })).ExecIDs;
  assert.deepEqual(await listed(), [Id, unused]);
  const starts = [1, 2].map(() => engine.backend.execStart(Id, { Detach: true }));
  const [, second] = await Promise.allSettled(starts);
  assert.match(String((second as PromiseRejectedResult).reason), /exec command .* is already running/);
  assert.deepEqual(await listed(), [Id, unused]);
  engine.execDriver.last.execs[0]?.exit(3);
  await engine.daemon.execs.find(engine.daemon.containers.find(id), Id)?.exited;
  const { Running, ExitCode, Pid } = await engine.backend.execInspect(Id);
  assert.deepEqual([Running, ExitCode, Pid], [false, 3, process.pid]);
  assert.deepEqual(await listed(), [unused]);
  await assert.rejects(engine.backend.execStart(Id, { Detach: true }), {
    kind: 'conflict',
    message: `exec command ${Id} has already run`,
  });
  await engine.backend.containerRestart('web', {});
  await assert.rejects(engine.backend.execInspect(unused), { kind: 'not-found' });
});

test('of execs that nobody starts the oldest are forgotten, by their number and their size', async t => {
  const engine = await TestDaemon.open(t);
  const container = engine.daemon.containers.find(await engine.run('web'));
  const create = async (Env: string[] = []) =>
    (await engine.backend.execCreate('web', { ...ATTACHED, Env })).Id;
  const running = await create();
  await engine.backend.execStart(running, { Detach: true });
  const [oldest, second] = [await create(), await create()];
  for (let count = 0; count < 999; count++) await create();
  const ids = () => engine.daemon.execs.of(container).map(({ id }) => id);
  assert.equal(ids().length, 1001);
  assert.deepEqual(ids().slice(0, 2), [running, second]);
  await assert.rejects(engine.backend.execStart(oldest, {}), { kind: 'not-found' });
  assert.equal(engine.daemon.store.execs(container.id).length, 1001);
  const large = [`X=${'x'.repeat(1 << 20)}`];
  for (let count = 0; count < 20; count++) await create(large);
  assert.ok(ids().length < 20, `${ids().length} are kept`);
  assert.equal(ids()[0], running);
});

test('of execs that have ended the latest can be inspected', async t => {
  const engine = await TestDaemon.open(t);
  const container = engine.daemon.containers.find(await engine.run('web'));
  const ended: string[] = [];
  const large = [`X=${'x'.repeat(1 << 20)}`];
  for (let count = 0; count < 40; count++) {
    const { Id } = await engine.backend.execCreate('web', { ...ATTACHED, Env: large });
    ended.push(Id);
    await engine.backend.execStart(Id, { Detach: true });
    engine.execDriver.last.execs.at(-1)?.exit(0);
    await engine.daemon.execs.find(container, Id)?.exited;
    await engine.idle();
  }
  await assert.rejects(engine.backend.execInspect(ended[0] ?? ''), { kind: 'not-found' });
  assert.equal((await engine.backend.execInspect(ended.at(-1) ?? '')).Running, false);
  assert.ok(engine.daemon.store.execs(container.id).length < 20);
});

test('what is executed while its container is removed fails as in one that does not run', async t => {
  const engine = await TestDaemon.open(t);
  const id = await engine.run('web');
  const created = async () => (await engine.backend.execCreate(id, ATTACHED)).Id;
  const exec = await created();
  const begun = Promise.withResolvers<void>();
  const removed = Promise.withResolvers<never>();
  engine.execDriver.last.onExec = () => {
    begun.resolve();
    return removed.promise;
  };
  const starting = engine.backend.execStart(exec, { Detach: true });
  const failed = assert.rejects(starting, { kind: 'conflict', message: 'it does not run' });
  await begun.promise;
  const { graph } = engine.daemon;
  const container = engine.daemon.containers.find(id);
  container.layer = undefined;
  const layer = Promise.withResolvers<Awaited<ReturnType<typeof graph.openContainerLayer>>>();
  const opened = graph.openContainerLayer(id);
  t.mock.method(graph, 'openContainerLayer', () => layer.promise);
  const creating = assert.rejects(created(), { kind: 'conflict' });
  await engine.backend.containerRemove(id, { force: true, volumes: false, link: false });
  removed.reject(new EngineError('conflict', 'it does not run'));
  await failed;
  layer.resolve(await opened);
  await creating;
});

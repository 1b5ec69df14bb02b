import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { EngineError } from '../../base/errors.ts';
import { runDirectory } from '../model/daemon-options.ts';
import { TestDaemon } from '../testing/test-daemon.ts';

const never = new AbortController().signal;

test('a new daemon takes over what runs, with its execs', async t => {
  const engine = await TestDaemon.open(t);
  const id = await engine.run('web');
  const { Id: execId } = await engine.backend.execCreate('web', { Cmd: ['sleep'] });
  await engine.backend.execStart(execId, { Detach: true });
  const { pid } = engine.state(id);
  await engine.close();
  await engine.open();
  assert.deepEqual([engine.state(id).status, engine.state(id).pid], ['running', pid]);
  assert.equal(engine.network.endpoints.size, 1);
  engine.execDriver.last.execs[0]?.exit(4);
  await engine.idle();
  assert.equal((await engine.backend.execInspect(execId)).ExitCode, 4);
  const { status } = await engine.backend.containerWait(id, 'not-running', never);
  engine.execDriver.last.exit(9);
  assert.equal((await status).StatusCode, 9);
});

test('an exit while no daemon ran is taken over with its code and time', async t => {
  const engine = await TestDaemon.open(t);
  const id = await engine.run('web');
  await engine.close();
  engine.execDriver.last.exit(7);
  const { exitedAtNs } = await engine.execDriver.last.exited;
  await engine.open();
  await engine.idle();
  assert.deepEqual([engine.state(id).status, engine.state(id).exitCode], ['exited', 7]);
  assert.equal(BigInt(Date.parse(engine.state(id).finishedAt)), exitedAtNs / 1_000_000n);
  assert.equal(engine.network.endpoints.size, 0);
  assert.ok(engine.execDriver.last.isRemoved);
});

test('a daemon that does not understand a running container does not start, and leaves it alone', async t => {
  const engine = await TestDaemon.open(t);
  const id = await engine.run('web');
  const directory = runDirectory(engine.daemon.options, id);
  mkdirSync(directory, { recursive: true });
  await engine.close();
  engine.execDriver.recoverError = new EngineError('conflict', 'another version holds it');
  await assert.rejects(engine.open(), { kind: 'conflict', message: 'another version holds it' });
  assert.ok(existsSync(directory));
  engine.execDriver.recoverError = undefined;
  await engine.open();
  assert.equal(engine.state(id).status, 'running');
});

test('a container whose shim has vanished with the machine exits with 255', async t => {
  const engine = await TestDaemon.open(t);
  const id = await engine.run('web');
  await engine.close();
  await engine.execDriver.last.remove();
  await engine.open();
  await engine.idle();
  assert.deepEqual([engine.state(id).status, engine.state(id).exitCode], ['exited', 255]);
  assert.deepEqual(engine.execDriver.endedCgroups, [`/slipway/${id}`]);
});

test('a container that cannot be reached just now is not taken for one that has gone', async t => {
  const engine = await TestDaemon.open(t);
  const id = await engine.run('web');
  const directory = runDirectory(engine.daemon.options, id);
  mkdirSync(directory, { recursive: true });
  await engine.close();
  engine.execDriver.recoverError = new EngineError('unavailable', 'connect EAGAIN');
  await assert.rejects(engine.open(), { kind: 'unavailable' });
  assert.ok(existsSync(directory));
  engine.execDriver.recoverError = undefined;
  await engine.open();
  assert.equal(engine.state(id).status, 'running');
});

test('restart policies and auto-remove have their way after a restart', async t => {
  const engine = await TestDaemon.open(t);
  const policy = (Name: 'always' | 'unless-stopped') => ({ HostConfig: { RestartPolicy: { Name } } });
  const always = await engine.run('always', policy('always'));
  const unlessStopped = await engine.run('unless-stopped', policy('unless-stopped'));
  const removed = await engine.run('removed', { HostConfig: { AutoRemove: true } });
  await engine.backend.containerStop(always, {});
  await engine.backend.containerStop(unlessStopped, {});
  await engine.close();
  engine.execDriver.containers.find(one => one.id === removed)?.exit(0);
  const restarted = new Promise<void>(resolve => {
    engine.execDriver.onCreate = () => resolve();
  });
  await engine.open();
  await restarted;
  await engine.daemon.locks.run(always, async () => undefined);
  await engine.idle();
  assert.equal(engine.state(always).status, 'running');
  assert.equal(engine.state(unlessStopped).status, 'exited');
  assert.equal(engine.daemon.containers.lookup('removed'), undefined);
});

test('a container that was lost is restarted once, however long its start takes', async t => {
  const engine = await TestDaemon.open(t);
  const id = await engine.run('lost', { HostConfig: { RestartPolicy: { Name: 'always' } } });
  await engine.close();
  engine.execDriver.last.isRemoved = true;
  const made = engine.execDriver.containers.length;
  await engine.open();
  const container = engine.daemon.containers.find(id);
  await Promise.all([engine.daemon.restart(container), engine.daemon.restart(container)]);
  assert.equal(engine.state(id).status, 'running');
  assert.equal(engine.execDriver.containers.length, made + 1);
});

test('restarts are counted since the engine was started, but of what has gone on running', async t => {
  const engine = await TestDaemon.open(t);
  const HostConfig = { RestartPolicy: { Name: 'always' as const } };
  const ids = [await engine.run('runs', { HostConfig }), await engine.run('ends', { HostConfig })];
  for (const id of ids) {
    engine.daemon.containers.find(id).state.restartCount = 3;
    engine.daemon.store.saveState(id, engine.state(id));
  }
  await engine.close();
  engine.execDriver.containers.find(one => one.id === ids[1])?.exit(1);
  const restarted = new Promise<void>(resolve => {
    engine.execDriver.onCreate = () => resolve();
  });
  await engine.open();
  await restarted;
  await engine.daemon.locks.run(ids[1] as string, async () => undefined);
  assert.deepEqual(
    ids.map(id => [engine.state(id).status, engine.state(id).restartCount]),
    [
      ['running', 3],
      ['running', 0],
    ],
  );
});

test('what was half made or half removed is taken away', async t => {
  const engine = await TestDaemon.open(t);
  const kept = await engine.create('kept');
  const id = 'f'.repeat(64);
  engine.daemon.store.addLeftover({ kind: 'container', id });
  await engine.graph.createContainerLayer(id);
  mkdirSync(join(engine.directory, 'data/containers', id));
  mkdirSync(join(engine.directory, 'exec/containers', 'e'.repeat(64)));
  await engine.close();
  await engine.open();
  await engine.idle();
  assert.deepEqual([...engine.graph.layers], [kept]);
  assert.deepEqual(readdirSync(join(engine.directory, 'data/containers')), [kept]);
  assert.deepEqual(readdirSync(join(engine.directory, 'exec/containers')), []);
  assert.deepEqual(engine.daemon.store.leftovers(), []);
});

test('the engine starts while what is left of containers is still being removed', async t => {
  const engine = await TestDaemon.open(t);
  const id = 'f'.repeat(64);
  engine.daemon.store.addLeftover({ kind: 'container', id });
  await engine.close();
  const removal = Promise.withResolvers<void>();
  engine.graph.removeContainerLayer = () => removal.promise;
  await engine.open();
  assert.deepEqual(engine.daemon.store.leftovers(), [{ kind: 'container', id }]);
  removal.resolve();
  await engine.idle();
  assert.deepEqual(engine.daemon.store.leftovers(), []);
});

test('a start that the last daemon did not live to finish is undone', async t => {
  const engine = await TestDaemon.open(t);
  const id = await engine.create('web');
  const before = structuredClone(engine.state(id));
  await engine.backend.containerStart(id);
  engine.daemon.store.saveState(id, before);
  await engine.close();
  await engine.open();
  await engine.idle();
  assert.equal(engine.state(id).status, 'created');
  assert.ok(engine.execDriver.last.isRemoved);
  assert.equal(engine.network.endpoints.size, 0);
});

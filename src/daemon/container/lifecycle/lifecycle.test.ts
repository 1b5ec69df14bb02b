import assert from 'node:assert/strict';
import { existsSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { StartError } from '../../../execdriver/start-error.ts';
import { currentTime, nowNs } from '../../model/clock.ts';
import type { StateRecord } from '../../model/container-record.ts';
import { logPath } from '../../model/daemon-options.ts';
import { TestDaemon } from '../../testing/test-daemon.ts';
import { until } from '../../../base/testing/until.ts';

const never = new AbortController().signal;

async function actions(test: TestDaemon): Promise<string[]> {
  const options = { sinceNs: 0n, untilNs: nowNs(), filters: new Map(), signal: never };
  const events = await Array.fromAsync(test.backend.events(options));
  return events.map(({ Type, Action }) => `${Type} ${Action}`);
}

test('a container runs from create to remove, and leaves nothing', async t => {
  const engine = await TestDaemon.open(t);
  const id = await engine.create('web', { Volumes: { '/data': {} } });
  assert.equal(engine.state(id).status, 'created');
  await engine.backend.containerStart(id);
  assert.equal(engine.state(id).status, 'running');
  assert.equal(engine.network.endpoints.size, 1);
  const { status } = await engine.backend.containerWait(id, 'next-exit', never);
  engine.execDriver.last.exit(3, true);
  assert.deepEqual(await status, { StatusCode: 3 });
  await engine.idle();
  const { State, RestartCount } = await engine.backend.containerInspect(id, { size: false });
  assert.deepEqual([State.Status, State.ExitCode, State.OOMKilled, RestartCount], ['exited', 3, true, 0]);
  assert.equal(engine.network.endpoints.size, 0);
  await engine.backend.containerRemove(id, { force: false, volumes: true, link: false });
  await engine.idle();
  const happened = await actions(engine);
  assert.deepEqual(
    happened.filter(action => action.startsWith('container')),
    ['create', 'start', 'oom', 'die', 'destroy'].map(action => `container ${action}`),
  );
  assert.deepEqual(happened.filter(action => !action.startsWith('container')).toSorted(), [
    'network connect',
    'network disconnect',
    'volume create',
    'volume destroy',
    'volume mount',
    'volume unmount',
  ]);
  assert.equal(engine.graph.layers.size, 0);
  assert.deepEqual(readdirSync(join(engine.directory, 'data/containers')), []);
  assert.deepEqual(readdirSync(join(engine.directory, 'data/volumes')), []);
  assert.deepEqual(engine.daemon.store.leftovers(), []);
});

test('what cannot be executed is told by the exit code, and leaves the container as it was', async t => {
  const engine = await TestDaemon.open(t);
  const id = await engine.create('web');
  engine.execDriver.createError = new StartError(
    'not-found',
    'exec: "x": executable file not found in $PATH',
  );
  await assert.rejects(engine.backend.containerStart(id), {
    kind: 'invalid-parameter',
    message: /OCI runtime create failed: .*executable file not found in \$PATH/,
  });
  assert.deepEqual([engine.state(id).status, engine.state(id).exitCode], ['created', 127]);
  assert.match(engine.state(id).error, /executable file not found/);
  assert.equal(engine.network.endpoints.size, 0);
  engine.execDriver.createError = new StartError('not-executable', 'exec: "x": permission denied');
  await assert.rejects(engine.backend.containerStart(id));
  assert.equal(engine.state(id).exitCode, 126);
  await engine.backend.containerStart(id);
  assert.deepEqual([engine.state(id).status, engine.state(id).error], ['running', '']);
});

test('a failing start of a container with auto-remove removes it', async t => {
  const engine = await TestDaemon.open(t);
  const id = await engine.create('web', { HostConfig: { AutoRemove: true } });
  engine.execDriver.onCreate = container => {
    container.startError = new Error('no');
  };
  const { status } = await engine.backend.containerWait(id, 'removed', never);
  await assert.rejects(engine.backend.containerStart(id));
  assert.equal((await status).StatusCode, 128);
  assert.throws(() => engine.daemon.containers.find('web'), /No such container/);
  assert.ok(engine.execDriver.last.isRemoved);
});

test('stopping sends the stop signal, then kills; an exited container is not modified', async t => {
  const engine = await TestDaemon.open(t);
  const id = await engine.run('web', { StopSignal: 'SIGUSR1' });
  await engine.backend.containerStop(id, { timeoutSeconds: 0 });
  assert.deepEqual(engine.execDriver.last.signals, [10, 9]);
  assert.equal(engine.state(id).exitCode, 137);
  await assert.rejects(engine.backend.containerStop(id, {}), { kind: 'not-modified' });
  await assert.rejects(engine.backend.containerKill('web', 'KILL'), {
    kind: 'conflict',
    message: `cannot kill container: web: container ${id} is not running`,
  });
  await assert.rejects(engine.backend.containerKill('web', 'FOO'), {
    message: 'cannot kill container: web: invalid signal: FOO',
  });
});

test('a signal that there is not is refused by kill; a stop kills at once then', async t => {
  const engine = await TestDaemon.open(t);
  const id = await engine.run('web', { StopSignal: '65' });
  for (const signal of ['32', '33', '65'])
    await assert.rejects(engine.backend.containerKill(id, signal), {
      kind: 'invalid-parameter',
      message: `cannot kill container: ${id}: the linux daemon does not support signal ${signal}`,
    });
  await engine.backend.containerStop(id, {});
  assert.deepEqual(engine.execDriver.last.signals, [9]);
});

test('a running container is removed by force only', async t => {
  const engine = await TestDaemon.open(t);
  const id = await engine.run('web');
  const options = { volumes: false, link: false };
  await assert.rejects(engine.backend.containerRemove('web', { ...options, force: false }), {
    kind: 'conflict',
    message:
      'cannot remove container "web": container is running: stop the container before removing or force remove',
  });
  await engine.backend.containerRemove('web', { ...options, force: true });
  await assert.rejects(engine.backend.containerInspect(id, { size: false }), { kind: 'not-found' });
});

test('auto-remove removes a container when it exits', async t => {
  const engine = await TestDaemon.open(t);
  const id = await engine.run('web', { HostConfig: { AutoRemove: true } });
  const { status } = await engine.backend.containerWait(id, 'removed', never);
  engine.execDriver.last.exit(5);
  assert.equal((await status).StatusCode, 5);
  await engine.idle();
  assert.equal(engine.graph.layers.size, 0);
});

test('a container that auto-remove has taken away still says how it ended and what it wrote', async t => {
  const engine = await TestDaemon.open(t);
  const id = await engine.run('web', { HostConfig: { AutoRemove: true } });
  const log = logPath(engine.daemon.options, id);
  writeFileSync(log, `${JSON.stringify({ log: 'told', stream: 'stdout', time: currentTime() })}\n`);
  const { status } = await engine.backend.containerWait(id, 'removed', never);
  engine.execDriver.last.exit(5);
  await status;
  await engine.idle();
  for (const condition of ['not-running', 'next-exit', 'removed'] as const) {
    const again = await engine.backend.containerWait(id, condition, never);
    assert.equal((await again.status).StatusCode, 5);
  }
  const { State } = await engine.backend.containerInspect(id, { size: true });
  assert.deepEqual([State.Status, State.ExitCode], ['exited', 5]);
  const options = {
    follow: true,
    stdout: true,
    stderr: true,
    timestamps: false,
    details: false,
    signal: never,
  };
  const { stream } = await engine.backend.containerLogs(id, options);
  assert.match(await text(stream), /told$/);
  const short = id.slice(0, 12);
  await assert.rejects(engine.backend.containerInspect(short, { size: false }), { kind: 'not-found' });
  await assert.rejects(engine.backend.containerStart(id), { kind: 'not-found' });
  await engine.run('web');
  await engine.close();
  assert.ok(!existsSync(log));
});

test('a container with auto-remove that was stopped by hand is not shown any more', async t => {
  const engine = await TestDaemon.open(t);
  const id = await engine.run('web', { HostConfig: { AutoRemove: true } });
  await engine.backend.containerStop(id, {});
  await engine.idle();
  await assert.rejects(engine.backend.containerInspect(id, { size: false }), { kind: 'not-found' });
  const { status } = await engine.backend.containerWait(id, 'not-running', never);
  assert.equal((await status).StatusCode, 143);
});

test('restart policies decide on restarts, and are counted', async t => {
  const engine = await TestDaemon.open(t);
  const policy = { Name: 'on-failure' as const, MaximumRetryCount: 2 };
  const id = await engine.run('web', { HostConfig: { RestartPolicy: policy } });
  for (const count of [1, 2]) {
    const started = new Promise<void>(resolve => {
      engine.execDriver.onCreate = () => resolve();
    });
    engine.execDriver.last.exit(1);
    await started;
    await engine.daemon.locks.run(id, async () => undefined);
    assert.deepEqual([engine.state(id).status, engine.state(id).restartCount], ['running', count]);
  }
  engine.execDriver.last.exit(1);
  await engine.idle();
  assert.equal(engine.state(id).status, 'exited');
});

test('a restart policy respects the signal that is to end the container, and no other', async t => {
  const engine = await TestDaemon.open(t);
  const cases = [
    { StopSignal: 'USR1', signal: 'TERM', Name: 'always', becomes: 'restarting' },
    { StopSignal: 'USR1', signal: 'TERM', Name: 'on-failure', becomes: 'restarting' },
    { StopSignal: 'USR1', signal: 'TERM', Name: 'unless-stopped', becomes: 'exited' },
    { StopSignal: 'TERM', signal: 'TERM', Name: 'always', becomes: 'exited' },
    { StopSignal: 'USR1', signal: 'KILL', Name: 'always', becomes: 'exited' },
    { signal: 'TERM', Name: 'always', becomes: 'exited' },
  ] as const;
  for (const { signal, Name, becomes, ...config } of cases) {
    const id = await engine.run('web', { ...config, HostConfig: { RestartPolicy: { Name } } });
    await engine.backend.containerKill(id, signal);
    await engine.idle();
    // It may run again by now.
    const { status, restartCount } = engine.state(id);
    assert.equal(restartCount > 0 ? 'restarting' : status, becomes);
    await engine.backend.containerRemove(id, { force: true, volumes: false, link: false });
  }
  const id = await engine.run('web', {
    StopSignal: 'USR1',
    HostConfig: { RestartPolicy: { Name: 'always' } },
  });
  await engine.backend.containerStop(id, { signal: 'TERM' });
  await engine.idle();
  assert.equal(engine.state(id).status, 'exited');
});

test('a paused container is thawed by the signal that is to end it, and by no other', async t => {
  const engine = await TestDaemon.open(t);
  const id = await engine.run('web', { StopSignal: 'USR1' });
  await engine.backend.containerPause(id);
  await engine.backend.containerKill(id, 'HUP');
  assert.deepEqual([engine.state(id).status, engine.execDriver.last.isFrozen], ['paused', true]);
  await engine.backend.containerKill(id, 'KILL');
  assert.deepEqual([engine.state(id).status, engine.execDriver.last.isFrozen], ['exited', false]);
});

test('a container with auto-remove can be restarted', async t => {
  const engine = await TestDaemon.open(t);
  const id = await engine.run('web', { HostConfig: { AutoRemove: true } });
  await engine.backend.containerRestart(id, {});
  assert.equal(engine.state(id).status, 'running');
  await engine.backend.containerStop(id, {});
  await engine.idle();
  assert.equal(engine.daemon.containers.lookup(id), undefined);
});

test('the end of a container is told of after the signal that brought it about', async t => {
  const engine = await TestDaemon.open(t);
  const id = await engine.run('web');
  const { last } = engine.execDriver;
  const kill = last.kill.bind(last);
  last.kill = async signal => {
    await kill(signal);
    // The exit is reported before the answer.
    for (let turn = 0; turn < 3; turn += 1) await new Promise(resolve => setImmediate(resolve));
  };
  await engine.backend.containerKill(id, 'KILL');
  const told = (await actions(engine)).filter(action => action.startsWith('container'));
  assert.deepEqual(told.slice(-2), ['container kill', 'container die']);
});

test('an oom event is published at once, whichever process was killed', async t => {
  const engine = await TestDaemon.open(t);
  const id = await engine.run('web');
  const told = async () =>
    (await actions(engine)).filter(action => /oom|die/.test(action)).map(a => a.slice(10));
  engine.execDriver.last.outOfMemory();
  assert.deepEqual([engine.state(id).status, engine.state(id).oomKilled], ['running', true]);
  engine.execDriver.last.outOfMemory();
  assert.deepEqual(await told(), ['oom', 'oom']);
  engine.execDriver.last.exit(0, true);
  await engine.idle();
  assert.deepEqual(await told(), ['oom', 'oom', 'die']);
  assert.equal(engine.state(id).oomKilled, true);
  await engine.backend.containerStart(id);
  assert.equal(engine.state(id).oomKilled, false);
  // While no daemon was there to hear of it, say.
  engine.execDriver.last.exit(137, true);
  await engine.idle();
  assert.deepEqual(await told(), ['oom', 'oom', 'die', 'oom', 'die']);
});

test('a container that waits for its restart can be stopped', async t => {
  const engine = await TestDaemon.open(t);
  const id = await engine.run('web', { HostConfig: { RestartPolicy: { Name: 'always' } } });
  engine.execDriver.last.exit(0);
  await engine.idle();
  assert.equal(engine.state(id).status, 'restarting');
  await engine.backend.containerStop(id, {});
  assert.equal(engine.state(id).status, 'exited');
  assert.equal(engine.execDriver.containers.length, 1);
});

test('names are taken once, also while a container is being made', async t => {
  const engine = await TestDaemon.open(t);
  const results = await Promise.allSettled([engine.create('web'), engine.create('web')]);
  assert.deepEqual(results.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
  await assert.rejects(engine.create('x!'), /Invalid container name \(x!\), only/);
  await assert.rejects(engine.create('new', { Image: 'nope' }), {
    kind: 'not-found',
    message: 'No such image: nope:latest',
  });
  // A failed creation gives the name back.
  await assert.rejects(engine.create('new', { HostConfig: { Binds: ['a:/b:zzz'] } }), /invalid mode: zzz/);
  await engine.create('new');
});

test('pause, rename and update change what they should', async t => {
  const engine = await TestDaemon.open(t);
  const id = await engine.run('web', { HostConfig: { Memory: 64 << 20 } });
  await engine.backend.containerPause(id);
  assert.ok(engine.execDriver.last.isFrozen);
  await assert.rejects(engine.backend.containerPause(id), /is already paused/);
  await assert.rejects(engine.backend.execCreate('web', { Cmd: ['sh'] }), /is paused, unpause the container/);
  await engine.backend.containerUnpause(id);
  await engine.backend.containerRename(id, 'db');
  await assert.rejects(engine.backend.containerRename('db', 'db'), /same name as its current name/);
  await engine.backend.containerUpdate('db', { CpuShares: 512, RestartPolicy: { Name: 'always' } });
  const { HostConfig, Name } = await engine.backend.containerInspect('db', { size: false });
  assert.deepEqual([Name, HostConfig.CpuShares, HostConfig.Memory], ['/db', 512, 64 << 20]);
  assert.equal(HostConfig.RestartPolicy?.Name, 'always');
  assert.equal(engine.execDriver.last.updates.length, 1);
});

test('a published port that is taken fails the start in Docker’s words, and nothing is left of it', async t => {
  const engine = await TestDaemon.open(t);
  const HostConfig = { PortBindings: { '80/tcp': [{ HostPort: '8080' }] } };
  await engine.run('one', { HostConfig });
  const id = await engine.create('two', { HostConfig });
  await assert.rejects(
    engine.backend.containerStart(id),
    /failed to set up container networking: .*port is already allocated/,
  );
  assert.equal(engine.network.endpoints.size, 1);
  await engine.backend.containerStop('one', {});
  await engine.backend.containerStart(id);
  const [summary] = await engine.backend.containerList({
    all: false,
    limit: 0,
    size: false,
    filters: new Map(),
  });
  assert.deepEqual(summary?.Ports, [{ IP: '0.0.0.0', PrivatePort: 80, Type: 'tcp', PublicPort: 8080 }]);
  assert.ok(existsSync(join(engine.directory, 'data/containers', id, 'hosts')));
});

test('a start that hangs is given up when its container is removed by force, as are those that wait behind it', async t => {
  const engine = await TestDaemon.open(t);
  engine.execDriver.hangs = true;
  const id = await engine.create('web');
  const refused = { kind: 'conflict', message: 'container is marked for removal and cannot be started' };
  const starts = [1, 2].map(() => assert.rejects(engine.backend.containerStart(id), refused));
  await new Promise(resolve => setImmediate(resolve));
  await engine.backend.containerRemove(id, { force: true, volumes: false, link: false });
  await Promise.all(starts);
  await engine.idle();
  assert.equal(engine.network.endpoints.size, 0);
  assert.deepEqual(readdirSync(join(engine.directory, 'data/containers')), []);
});

test('the engine’s end gives up a start that hangs, and the container stays as it was', async t => {
  const engine = await TestDaemon.open(t);
  engine.execDriver.hangs = true;
  const id = await engine.create('web');
  const start = assert.rejects(engine.backend.containerStart(id), { kind: 'unavailable' });
  await new Promise(resolve => setImmediate(resolve));
  await engine.close();
  await start;
  engine.execDriver.hangs = false;
  await engine.open();
  assert.deepEqual([engine.state(id).status, engine.state(id).error], ['created', '']);
  await engine.backend.containerStart(id);
  assert.equal(engine.state(id).status, 'running');
});

test('a restart policy whose start hangs does not keep images from being removed', async t => {
  const engine = await TestDaemon.open(t);
  const id = await engine.run('web', { HostConfig: { RestartPolicy: { Name: 'always' } } });
  engine.execDriver.hangs = true;
  engine.execDriver.last.exit(1);
  await until(() => engine.daemon.starts.size > 0);
  await engine.backend.imageRemove('box', { force: true, noPrune: false });
  await engine.backend.containerRemove(id, { force: true, volumes: false, link: false });
});

test('a start whose state cannot be stored is undone', async t => {
  const engine = await TestDaemon.open(t);
  const id = await engine.create('web');
  const { store } = engine.daemon;
  const save = store.saveState.bind(store);
  t.mock.method(store, 'saveState', (which: string, state: StateRecord) => {
    if (state.status === 'running') throw new Error('database or disk is full');
    save(which, state);
  });
  await assert.rejects(engine.backend.containerStart(id), /disk is full/);
  assert.deepEqual([engine.state(id).status, engine.state(id).pid], ['created', 0]);
  assert.ok(engine.execDriver.last.isRemoved);
  assert.equal(engine.network.endpoints.size, 0);
});

test('what a linked container has made of its /etc/hosts stops neither a start nor what follows it', async t => {
  const engine = await TestDaemon.open(t);
  const target = await engine.run('db');
  const linking = await engine.run('web', { HostConfig: { Links: ['db'] } });
  await engine.backend.containerStop(target, {});
  const hosts = join(engine.directory, 'data/containers', linking, 'hosts');
  truncateSync(hosts, 2 ** 31);
  await engine.backend.containerStart(target);
  assert.equal(engine.state(target).status, 'running');
  assert.equal(statSync(hosts).size, 2 ** 31);
  rmSync(hosts);
  await engine.backend.containerStop(target, {});
  await engine.backend.containerStart(target);
  await engine.backend.containerRemove(target, { force: true, volumes: false, link: false });
});

test('a label that every object has is no label of a container', async t => {
  const engine = await TestDaemon.open(t);
  const { backend } = engine;
  const names = ['constructor', 'toString', '__proto__'];
  const id = await engine.create('web');
  for (const label of names) {
    const filters = new Map([['label', [label]]]);
    assert.deepEqual(await backend.containerPrune(filters), { ContainersDeleted: null, SpaceReclaimed: 0 });
    assert.deepEqual(await backend.containerList({ all: true, limit: 0, size: false, filters }), []);
  }
  const Labels = Object.fromEntries(names.map(name => [name, 'x']));
  const labelled = await engine.create('labelled', { Labels });
  const filters = new Map([['label', names.map(name => `${name}=x`)]]);
  assert.deepEqual((await backend.containerPrune(filters)).ContainersDeleted, [labelled]);
  assert.equal(engine.daemon.containers.find(id).id, id);
});

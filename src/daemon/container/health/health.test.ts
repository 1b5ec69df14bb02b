import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { HealthConfig } from '../../../api/types.ts';
import type { FakeProcess } from '../../testing/fake-exec-driver.ts';
import { TestDaemon } from '../../testing/test-daemon.ts';
import { until } from '../../../base/testing/until.ts';

const MS = 1_000_000;
const never = new Promise<void>(() => undefined);

/** A container that is probed every few milliseconds, unless it is told otherwise. */
async function runProbed(engine: TestDaemon, health: HealthConfig = {}): Promise<string> {
  return engine.run('web', {
    Healthcheck: { Test: ['CMD', 'check'], Interval: 5 * MS, Timeout: 30 * MS, Retries: 2, ...health },
  });
}

/** Has every probe end as soon as it runs, with what it writes to its standard output. */
function answer(engine: TestDaemon, code: number, output = ''): void {
  engine.execDriver.last.onExec = async process => {
    const start = process.start.bind(process);
    process.start = async () => {
      await start();
      if (output !== '') process.write(frame(output));
      setImmediate(() => process.exit(code));
    };
  };
}

function frame(output: string): Buffer {
  const header = Buffer.alloc(8);
  header[0] = 1;
  header.writeUInt32BE(output.length, 4);
  return Buffer.concat([header, Buffer.from(output)]);
}

const healthOf = (engine: TestDaemon, id: string) => engine.state(id).health;
const killed = ({ signals }: FakeProcess) => signals.includes(9);

test('an interval longer than a timer of Node takes does not make probes come at once', async t => {
  const engine = await TestDaemon.open(t);
  const hours = 3600 * 1000 * MS;
  const id = await runProbed(engine, { Interval: 720 * hours, Timeout: 720 * hours });
  await delay(50);
  assert.equal(engine.execDriver.last.execs.length, 0);
  assert.equal(healthOf(engine, id)?.Status, 'starting');
});

test('a time-out longer than that does not end probes at once', async t => {
  const engine = await TestDaemon.open(t);
  await runProbed(engine, { Timeout: 720 * 3600 * 1000 * MS });
  await until(() => engine.execDriver.last.execs.length > 0);
  await delay(50);
  assert.deepEqual(engine.execDriver.last.execs.map(killed), [false]);
});

test('what is probed is kept over a stop, in which the container counts as unhealthy', async t => {
  const engine = await TestDaemon.open(t);
  const id = await runProbed(engine);
  answer(engine, 0, 'fine');
  await until(() => healthOf(engine, id)?.Status === 'healthy');
  await engine.backend.containerStop(id, {});
  await engine.idle();
  const { Status, FailingStreak, Log = [] } = healthOf(engine, id) ?? {};
  assert.deepEqual([Status, FailingStreak, Log.at(-1)?.Output], ['unhealthy', 0, 'fine']);
  await engine.backend.containerStart(id);
  assert.deepEqual(healthOf(engine, id), { Status: 'starting', FailingStreak: 0, Log });
});

test('a paused container is unhealthy and not probed, until it has gone on', async t => {
  const engine = await TestDaemon.open(t);
  const id = await runProbed(engine);
  answer(engine, 0);
  await until(() => healthOf(engine, id)?.Status === 'healthy');
  await engine.backend.containerPause(id);
  assert.equal(healthOf(engine, id)?.Status, 'unhealthy');
  const { length } = engine.execDriver.last.execs;
  await delay(30);
  assert.equal(engine.execDriver.last.execs.length, length);
  await engine.backend.containerUnpause(id);
  assert.equal(healthOf(engine, id)?.Status, 'unhealthy');
  await until(() => healthOf(engine, id)?.Status === 'healthy');
});

test('a probe that exceeds its time is killed, and what it has written is kept', async t => {
  const engine = await TestDaemon.open(t);
  const id = await runProbed(engine, { Timeout: 500 * MS });
  engine.execDriver.last.onExec = async process => {
    process.start = async () => process.write(frame('so far'));
  };
  await until(() => (healthOf(engine, id)?.Log.length ?? 0) >= 2);
  const { Status, FailingStreak, Log } = healthOf(engine, id)!;
  assert.deepEqual([Status, FailingStreak >= 2], ['unhealthy', true]);
  for (const { ExitCode, Output } of Log)
    assert.deepEqual([ExitCode, Output], [-1, 'Health check exceeded timeout (500ms): so far']);
  assert.ok(engine.execDriver.last.execs.slice(0, 2).every(killed));
});

test('a probe that hangs before it runs is ended in its time: made, attached or started', async t => {
  for (const hangs of ['exec', 'attach', 'start'] as const) {
    const engine = await TestDaemon.open(t);
    const id = await runProbed(engine, { Retries: 1 });
    engine.execDriver.last.onExec = async (process, { signal }) => {
      if (hangs !== 'exec') {
        process[hangs] = async () => process.exited.then(() => Promise.reject(new Error('killed')));
        return;
      }
      await new Promise<void>((_resolve, reject) => {
        signal?.addEventListener('abort', () => {
          void process.kill(9);
          reject(new Error('killed'));
        });
      });
    };
    await until(() => healthOf(engine, id)?.Status === 'unhealthy');
    assert.equal(healthOf(engine, id)?.Log[0]?.Output, 'Health check exceeded timeout (30ms)', hangs);
    // The next one comes when the first has gone.
    await until(() => engine.execDriver.last.execs.length > 1);
    assert.ok(killed(engine.execDriver.last.execs[0]!), hangs);
    await engine.close();
  }
});

test('a probe that does not end is joined by no other, and its container unhealthy', async t => {
  const engine = await TestDaemon.open(t);
  const id = await runProbed(engine, { Retries: 3 });
  engine.execDriver.last.onExec = () => never;
  await until(() => healthOf(engine, id)?.Status === 'unhealthy');
  assert.equal(healthOf(engine, id)?.FailingStreak, 3);
  assert.equal(engine.execDriver.last.execs.length, 1);
  // Not when it has been paused meanwhile either.
  await engine.backend.containerPause(id);
  await engine.backend.containerUnpause(id);
  await until(() => (healthOf(engine, id)?.FailingStreak ?? 0) > 3);
  assert.equal(engine.execDriver.last.execs.length, 1);
});

test('a stop ends the probe that runs, and none is kept of those that have ended', async t => {
  const engine = await TestDaemon.open(t);
  const id = await runProbed(engine, { Timeout: 60_000 * MS });
  answer(engine, 0);
  await until(() => (healthOf(engine, id)?.Log.length ?? 0) === 5);
  const container = engine.daemon.containers.find(id);
  const execs = engine.daemon.execs.of(container);
  assert.ok(execs.length <= 1, `${execs.length} execs`);
  assert.ok(engine.daemon.store.execs(id).length <= 1);
  let running: FakeProcess | undefined;
  engine.execDriver.last.onExec = async process => {
    running = process;
  };
  await until(() => running?.isStarted);
  await engine.backend.containerStop(id, {});
  await engine.idle();
  assert.ok(running !== undefined && killed(running));
});

test('a timeout between two milliseconds, and one of months, end no check before its time', async t => {
  const engine = await TestDaemon.open(t);
  const id = await runProbed(engine, { Interval: MS, Timeout: 1.5 * MS });
  await until(() => engine.state(id).health?.Log.length !== 0);
  assert.match(engine.state(id).health?.Log[0]?.Output ?? '', /Health check exceeded timeout \((2|1\.5)ms\)/);
  await engine.backend.containerRemove(id, { force: true, volumes: false, link: false });
  const other = await runProbed(engine, { Interval: MS, Timeout: 36_000_000_000 * MS });
  await until(() => engine.execDriver.last.execs[0]?.isStarted === true);
  engine.execDriver.last.execs[0]?.exit(0);
  await until(() => engine.state(other).health?.Status === 'healthy');
});

test('a state store that fails ends neither the engine nor the checks', async t => {
  const engine = await TestDaemon.open(t);
  const id = await runProbed(engine);
  answer(engine, 0);
  for (const method of ['removeExec', 'saveState', 'saveExec'] as const) {
    const { mock } = t.mock.method(engine.daemon.store, method, () => {
      throw new Error('disk I/O error');
    });
    await until(() => mock.callCount() > 3);
    mock.restore();
  }
  assert.ok(engine.daemon.execs.of(engine.daemon.containers.find(id)).length < 2);
  await until(() => healthOf(engine, id)?.Status === 'healthy');
});

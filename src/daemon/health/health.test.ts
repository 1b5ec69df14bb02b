import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { HealthConfig } from '../../api/types.ts';
import { TestDaemon } from '../testing/test-daemon.ts';

const MS = 1_000_000;
const HOUR = 3_600_000 * MS;

async function runWith(engine: TestDaemon, health: HealthConfig): Promise<string> {
  return engine.run('web', { Healthcheck: { Test: ['CMD', 'true'], ...health } });
}

test('a period of more days than a timer takes is no period of no time', async t => {
  const engine = await TestDaemon.open(t);
  await runWith(engine, { Interval: 10_000 * HOUR });
  await delay(100);
  assert.equal(engine.execDriver.last.execs.length, 0);
});

test('a timeout between two milliseconds, and one of months, end no check before its time', async t => {
  const engine = await TestDaemon.open(t);
  const id = await runWith(engine, { Interval: MS, Timeout: 1.5 * MS });
  while (engine.state(id).health?.Log.length === 0) await delay(5);
  assert.equal(engine.state(id).health?.Log[0]?.Output, 'Health check exceeded timeout (2ms)');
  await engine.backend.containerRemove(id, { force: true, volumes: false, link: false });
  const other = await runWith(engine, { Interval: MS, Timeout: 10_000 * HOUR });
  while (!engine.execDriver.last.execs[0]?.isStarted) await delay(5);
  engine.execDriver.last.execs[0].exit(0);
  while (engine.state(other).health?.Status !== 'healthy') await delay(5);
});

test('a check that does not even start in time has failed, and is killed when it starts', async t => {
  const engine = await TestDaemon.open(t);
  const begun = Promise.withResolvers<void>();
  engine.execDriver.onCreate = container => {
    const exec = container.exec.bind(container);
    container.exec = async options => {
      await begun.promise;
      return exec(options);
    };
  };
  const id = await runWith(engine, {
    Interval: HOUR,
    StartInterval: MS,
    StartPeriod: HOUR,
    Timeout: 20 * MS,
  });
  while (engine.state(id).health?.Log.length === 0) await delay(5);
  assert.equal(engine.state(id).health?.Log[0]?.Output, 'Health check exceeded timeout (20ms)');
  begun.resolve();
  while (!engine.execDriver.last.execs[0]?.signals.includes(9)) await delay(5);
});

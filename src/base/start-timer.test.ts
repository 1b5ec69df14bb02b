import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { startTimer } from './start-timer.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const STRETCH_MS = 2 ** 31 - 1;

test('a timer calls back after its time, however long that is, and once', t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  for (const days of [1, 24, 25, 30, 60]) {
    let calls = 0;
    startTimer(days * DAY_MS, () => calls++);
    let leftMs = days * DAY_MS - 1;
    // A timer that is set within a tick counts from the tick's end: none goes beyond the end of a stretch.
    for (; leftMs >= STRETCH_MS; leftMs -= STRETCH_MS) t.mock.timers.tick(STRETCH_MS);
    t.mock.timers.tick(leftMs);
    assert.equal(calls, 0, `${days} days`);
    t.mock.timers.tick(1);
    assert.equal(calls, 1, `${days} days`);
    t.mock.timers.tick(60 * DAY_MS);
    assert.equal(calls, 1, `${days} days`);
  }
});

test('a timer for more than Node’s own take does not fire at once', async () => {
  let calls = 0;
  const timers = [2 ** 31, 2 ** 53, Number.POSITIVE_INFINITY].map(ms => startTimer(ms, () => calls++));
  await delay(20);
  for (const cancel of timers) cancel();
  assert.equal(calls, 0);
});

test('a cancelled timer does not call back, in its second stretch neither', t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let calls = 0;
  const cancel = startTimer(30 * DAY_MS, () => calls++);
  t.mock.timers.tick(27 * DAY_MS);
  cancel();
  t.mock.timers.tick(10 * DAY_MS);
  startTimer(-5, () => calls++);
  t.mock.timers.tick(1);
  assert.equal(calls, 1);
});

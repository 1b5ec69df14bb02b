import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatPressureLimit, parsePressureLimit, pressureTrigger } from './pressure-limit.ts';

test('a limit is a share of a window, and the kernel is told of it in microseconds', () => {
  const limit = parsePressureLimit('memory=some:10:1s');
  assert.deepEqual(limit, { resource: 'memory', kind: 'some', percent: 10, windowUs: 1_000_000 });
  assert.deepEqual(pressureTrigger('/c', limit, true), {
    path: '/c/memory.pressure',
    data: 'some 100000 1000000',
  });
  assert.equal(pressureTrigger('/c', limit, false).data, 'some 200000 2000000');
  assert.equal(formatPressureLimit(limit), 'memory=some:10:1000ms');
  assert.equal(parsePressureLimit('io=full:0.5:500ms').windowUs, 500_000);
});

test('what the kernel would refuse is refused', () => {
  for (const text of ['memory', 'disk=some:10:1s', 'cpu=half:10:1s', 'cpu=some:10', 'cpu=some:x:1s'])
    assert.throws(() => parsePressureLimit(text), /want RESOURCE=KIND:PERCENT:WINDOW/);
  assert.throws(() => parsePressureLimit('cpu=some:0:1s'), /want more than 0 and at most 100 percent/);
  assert.throws(() => parsePressureLimit('cpu=some:101:1s'), /want more than 0 and at most 100 percent/);
  assert.throws(() => parsePressureLimit('cpu=some:10:499ms'), /want a window from 500ms to 10s/);
  assert.throws(() => parsePressureLimit('cpu=some:10:11s'), /want a window from 500ms to 10s/);
});

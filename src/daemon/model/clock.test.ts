import assert from 'node:assert/strict';
import { test } from 'node:test';
import { currentTime, formatTime, nowNs, parseTime, ZERO_TIME } from './clock.ts';

test('a time is printed as Go prints it, and read back', () => {
  assert.equal(formatTime(1795326872999373532n), '2026-11-22T05:54:32.999373532Z');
  assert.equal(formatTime(1795326872500000000n), '2026-11-22T05:54:32.5Z');
  assert.equal(formatTime(1795326872000000000n), '2026-11-22T05:54:32Z');
  assert.equal(formatTime(-315619199500000000n), '1960-01-01T00:00:00.5Z');
  for (const ns of [0n, 1n, -1n, -315619199500000000n, 1795326872999373532n])
    assert.equal(parseTime(formatTime(ns)), ns);
  assert.equal(parseTime('2026-11-22T06:54:32+01:00'), parseTime('2026-11-22T05:54:32Z'));
  assert.throws(() => parseTime('yesterday'), RangeError);
});

test('the clock is the wall clock', () => {
  assert.ok(Math.abs(Number(nowNs() / 1_000_000n) - Date.now()) < 1000);
  assert.ok(parseTime(currentTime()) > parseTime(ZERO_TIME));
});

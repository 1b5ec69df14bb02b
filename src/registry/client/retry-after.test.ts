import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backOffMs, retryAfterMs } from './retry-after.ts';

test('Retry-After is seconds or a date, and bounded', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  assert.equal(retryAfterMs('7', now), 7000);
  assert.equal(retryAfterMs('Thu, 01 Jan 2026 00:00:05 GMT', now), 5000);
  assert.equal(retryAfterMs('Wed, 31 Dec 2025 00:00:00 GMT', now), 0);
  assert.equal(retryAfterMs('864000', now), 86_400_000);
  assert.equal(retryAfterMs('soon', now), undefined);
  assert.equal(retryAfterMs(undefined, now), undefined);
});

test('back-off doubles, with jitter, and what the server asks for counts', () => {
  for (let attempt = 1; attempt < 20; attempt++) {
    const [ms, most] = [backOffMs(attempt, 100, undefined), Math.min(100 * 2 ** (attempt - 1), 30_000)];
    assert.ok(ms >= most / 2 && ms <= most, `${ms} of ${most}`);
  }
  assert.equal(backOffMs(5, 100, 3), 3);
  assert.equal(backOffMs(1, 100, 86_400_000), 60_000);
});

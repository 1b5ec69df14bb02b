import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseGoDuration } from './duration.ts';
import { parseRfc3339 } from './time.ts';

test('durations are read as Go reads them', () => {
  const durations: Record<string, bigint | undefined> = {
    '1h15m30.5s': 4_530_500_000_000n,
    '-1.5s': -1_500_000_000n,
    '+.5ms': 500_000n,
    '2.h': 7_200_000_000_000n,
    '0': 0n,
    '7µs': 7000n,
    '': undefined,
    '5': undefined,
    '5x': undefined,
    '1s ': undefined,
    '.s': undefined,
    '1h-5m': undefined,
    '9999999999h': undefined,
    ['1'.repeat(1_000_000)]: undefined,
  };
  for (const [text, ns] of Object.entries(durations))
    assert.equal(parseGoDuration(text), ns, text.slice(0, 20));
});

test('times of RFC 3339 keep their nanoseconds, and nothing else is one', () => {
  assert.equal(parseRfc3339('1970-01-01T00:00:01.0000000059Z'), 1_000_000_005n);
  assert.equal(parseRfc3339('1970-01-01T02:00:00+02:00'), 0n);
  assert.equal(parseRfc3339('0001-01-01T00:00:00Z'), -62_135_596_800_000_000_000n);
  for (const text of ['yesterday', '99999-01-01T00:00:00Z', '2024-13-01T00:00:00Z', '2024-01-01', ''])
    assert.equal(parseRfc3339(text), undefined, text);
});

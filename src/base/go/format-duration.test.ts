import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatGoDuration } from './format-duration.ts';

test('durations read as Go prints them', () => {
  const cases: [number, string][] = [
    [0, '0s'],
    [300, '300ms'],
    [1500, '1.5s'],
    [60_000, '1m0s'],
    [3_630_000, '1h0m30s'],
  ];
  for (const [ms, text] of cases) assert.equal(formatGoDuration(ms), text);
});

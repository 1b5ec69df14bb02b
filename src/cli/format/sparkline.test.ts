import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sparkline } from './sparkline.ts';

test('each value is a bar between nothing and the top', () => {
  assert.equal(sparkline([0, 25, 50, 75, 100, 300, -1], 100), '▁▃▅▇██▁');
});

test('without a top the largest value has the longest bar', () => {
  assert.equal(sparkline([1, 2, 4]), '▃▅█');
  assert.equal(sparkline([0, 0]), '▁▁');
  assert.equal(sparkline([]), '');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keptBytes } from './cache-space.ts';

const none = { reservedBytes: 0, maxUsedBytes: 0, minFreeBytes: 0 };
const disk = { usedBytes: 100, freeBytes: 50 };

test('without limits nothing of the cache stays', () => {
  assert.equal(keptBytes(none, disk), 0);
});

test('what is reserved stays, whatever the other limits say', () => {
  assert.equal(keptBytes({ ...none, reservedBytes: 30 }, disk), 30);
  assert.equal(keptBytes({ reservedBytes: 30, maxUsedBytes: 10, minFreeBytes: 1000 }, disk), 30);
});

test('the cache shrinks to what it may use, and until enough of the disk is free', () => {
  assert.equal(keptBytes({ ...none, maxUsedBytes: 80 }, disk), 80);
  assert.equal(keptBytes({ ...none, minFreeBytes: 70 }, disk), 80);
  assert.equal(keptBytes({ ...none, maxUsedBytes: 60, minFreeBytes: 70 }, disk), 60);
  assert.equal(keptBytes({ ...none, maxUsedBytes: 90, minFreeBytes: 70 }, disk), 80);
});

test('where enough of the disk is free all of the cache stays', () => {
  assert.equal(keptBytes({ ...none, minFreeBytes: 40 }, disk), 100);
});

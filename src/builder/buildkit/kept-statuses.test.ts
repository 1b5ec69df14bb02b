import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeptStatuses } from './kept-statuses.ts';

test('what steps have said is kept within bounds, and what became of them all', () => {
  const kept = new KeptStatuses();
  const data = Buffer.alloc(1024 * 1024);
  for (let step = 0; step < 100; step++) {
    kept.add({ vertexes: [{ name: `step ${step}` }] });
    kept.add({ logs: [{ data }] });
  }
  const statuses = Array.from({ length: kept.length }, (_, index) => kept.at(index));
  assert.equal(statuses.filter(status => status?.vertexes).length, 100);
  assert.equal(statuses.filter(status => status?.logs).length, 32);
  assert.ok(statuses.at(-1)?.logs);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ShortMemory } from './short-memory.ts';

test('the oldest values are forgotten when there are too many, or when they are too large together', () => {
  const forgotten: string[] = [];
  const memory = new ShortMemory<string>({
    keptMs: 1_000_000,
    maxCount: 3,
    maxSize: 10,
    onForget: value => forgotten.push(value),
  });
  for (const key of ['a', 'b', 'c', 'd']) memory.keep(key, key.toUpperCase(), 2);
  assert.deepEqual([forgotten, memory.values()], [['A'], ['B', 'C', 'D']]);
  memory.keep('e', 'E', 6);
  assert.deepEqual(
    [forgotten, memory.values()],
    [
      ['A', 'B'],
      ['C', 'D', 'E'],
    ],
  );
  memory.keep('f', 'F', 11);
  assert.deepEqual(memory.values(), []);
  assert.deepEqual(forgotten, ['A', 'B', 'C', 'D', 'E', 'F']);
});

test('a value is forgotten when its time is over, and once only', t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const forgotten: string[] = [];
  const memory = new ShortMemory<string>({
    keptMs: 1000,
    maxCount: 3,
    maxSize: 10,
    onForget: value => forgotten.push(value),
  });
  memory.keep('a', 'A', 1);
  t.mock.timers.tick(999);
  memory.keep('b', 'B', 1);
  assert.equal(memory.get('a'), 'A');
  t.mock.timers.tick(1);
  assert.deepEqual([memory.get('a'), memory.get('b')], [undefined, 'B']);
  memory.clear();
  t.mock.timers.tick(5000);
  assert.deepEqual(forgotten, ['A', 'B']);
});

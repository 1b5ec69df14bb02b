import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onceForEach } from './once-for-each.ts';

test('a value is made once for each object, and again after it could not be made', () => {
  const made: object[] = [];
  const sizeOf = onceForEach((list: readonly number[]) => {
    made.push(list);
    if (list.length === 0) throw new RangeError('nothing');
    return list.length;
  });
  const [one, equal, none]: number[][] = [[1, 2], [1, 2], []];
  assert.deepEqual([sizeOf(one!), sizeOf(one!), sizeOf(equal!)], [2, 2, 2]);
  assert.throws(() => sizeOf(none!), RangeError);
  assert.throws(() => sizeOf(none!), RangeError);
  assert.deepEqual(made, [one, equal, none, none]);
});

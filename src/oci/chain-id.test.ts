import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf } from '../base/digest.ts';
import { chainIdsOf } from './chain-id.ts';

test('a chain ID is the hash of the one below and the diffID, and the first is the diffID itself', () => {
  const [a, b, c] = ['a', 'b', 'c'].map(digestOf);
  const ab = digestOf(`${a} ${b}`);
  assert.deepEqual(chainIdsOf([a as string, b as string, c as string]), [a, ab, digestOf(`${ab} ${c}`)]);
  assert.deepEqual(chainIdsOf([]), []);
});

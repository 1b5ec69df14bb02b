import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DetachScanner } from './detach-keys.ts';

function feedAll(keys: string, ...chunks: string[]): { forward: string; detached: boolean } {
  const scanner = new DetachScanner(keys);
  const results = chunks.map(chunk => scanner.feed(Buffer.from(chunk)));
  return {
    forward: results.map(({ forward }) => forward.toString()).join(''),
    detached: results.some(({ detached }) => detached),
  };
}

test('the sequence detaches, in one chunk or in two, and is not passed on', () => {
  assert.deepEqual(feedAll('', 'ab\u0010\u0011cd'), { forward: 'ab', detached: true });
  assert.deepEqual(feedAll('', 'ab\u0010', '\u0011'), { forward: 'ab', detached: true });
});

test('the first key followed by another is input', () => {
  assert.deepEqual(feedAll('', '\u0010', 'x'), { forward: '\u0010x', detached: false });
  assert.deepEqual(feedAll('', '\u0010\u0010\u0011'), { forward: '\u0010', detached: true });
});

test('other keys can be chosen', () => {
  assert.deepEqual(feedAll('ctrl-a,d', 'x\u0001d'), { forward: 'x', detached: true });
  assert.deepEqual(feedAll('q', 'xq'), { forward: 'x', detached: true });
});

test('unknown keys disable detaching', () => {
  assert.deepEqual(feedAll('ctrl-1', '\u0010\u0011'), { forward: '\u0010\u0011', detached: false });
});

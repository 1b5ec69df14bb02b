import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineError, firstFailure } from './errors.ts';

test('of failures that came one after the other the first one counts', () => {
  const first = new EngineError('conflict', 'it is taken');
  const second = new Error('it cannot be given back');
  assert.equal(firstFailure(first), first);
  assert.equal(firstFailure(new SuppressedError(second, first)), first);
  assert.equal(firstFailure(new SuppressedError(second, new SuppressedError(second, first))), first);
});

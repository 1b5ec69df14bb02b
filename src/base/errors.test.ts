import assert from 'node:assert/strict';
import { test } from 'node:test';
import type * as errors from './errors.ts';
import { EngineError, firstFailure, SyscallError } from './errors.ts';

test('of failures that came one after the other the first one counts', () => {
  const first = new EngineError('conflict', 'it is taken');
  const second = new Error('it cannot be given back');
  assert.equal(firstFailure(first), first);
  assert.equal(firstFailure(new SuppressedError(second, first)), first);
  assert.equal(firstFailure(new SuppressedError(second, new SuppressedError(second, first))), first);
});

test('an error of another copy of the class, as another bundle has it, is one, and no other is', async () => {
  const copy: typeof errors = await import(new URL('./errors.ts?copy', import.meta.url).href);
  assert.notEqual(copy.EngineError, EngineError);
  const error = new copy.SyscallError('open', 2, 'ENOENT');
  assert.ok(error instanceof EngineError);
  assert.ok(!(error instanceof SyscallError));
  assert.ok(new SyscallError('open', 2, 'ENOENT') instanceof SyscallError);
  assert.ok(!(new EngineError('system', 'x') instanceof SyscallError));
  for (const other of [new Error('x'), null, undefined, 1, {}, { kind: 'system', hint: 'x' }])
    assert.ok(!(other instanceof EngineError));
});

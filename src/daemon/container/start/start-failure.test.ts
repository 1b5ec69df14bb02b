import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineError, SyscallError } from '../../../base/errors.ts';
import { StartError } from '../../../execdriver/start-error.ts';
import { describeStartFailure, startExitCode } from './start-failure.ts';

/** As a driver reports what the kernel refused. */
const refused = (code: string) =>
  new EngineError('system', 'error mounting "/a" to rootfs', {
    cause: Object.assign(new Error(code), { code }),
  });

test('the exit code follows from the refused operation, not from the text of the error', () => {
  const codeOf = (code: string) => startExitCode(describeStartFailure(refused(code)));
  assert.deepEqual(['ENOENT', 'ENOTDIR', 'EACCES', 'EISDIR', 'EBUSY'].map(codeOf), [127, 127, 126, 126, 128]);
  assert.equal(startExitCode(new StartError('not-found', 'x')), 127);
  assert.equal(startExitCode(new StartError('not-executable', 'no such file or directory')), 126);
  for (const name of ['no such file or directory', 'permission denied'])
    assert.equal(startExitCode(new EngineError('conflict', `container ${name} is not running`)), 128);
});

test('so do the kind of the error and the hint', () => {
  const describe = (error: unknown) => describeStartFailure(error) as EngineError;
  assert.equal(describe(refused('ENOTDIR')).kind, 'invalid-parameter');
  assert.match(
    describe(refused('ENOTDIR')).message,
    /rootfs: Are you trying to mount a directory onto a file/,
  );
  const named = new EngineError('system', 'error mounting "/not a directory" to rootfs');
  assert.equal(describe(named).kind, 'system');
  assert.doesNotMatch(describe(named).message, /Are you trying/);
  // An operation that the engine does for itself is not the image's or the user's fault.
  assert.equal(describe(new SyscallError('open', 2, 'ENOENT')).kind, 'system');
});

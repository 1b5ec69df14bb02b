import { spawnSync } from 'node:child_process';
import assert from 'node:assert/strict';
import { test } from 'node:test';

const hasClang = spawnSync('clang-14', ['--version']).status === 0;

function fuzz(seconds: number): void {
  const { status, stdout, stderr } = spawnSync('sh', ['scripts/fuzz-shim', String(seconds)], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, `${stdout}\n${stderr}`.slice(-4000));
}

test('messages that have once broken the shim, or nearly, do not under the sanitizers', () => {
  fuzz(0);
});

test('a few seconds of others do not either', { skip: hasClang ? false : 'clang is not installed' }, () => {
  fuzz(5);
});

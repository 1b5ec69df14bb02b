import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ContainerLayer } from '../../../graph/graph.ts';
import { makeWorkingDirectory } from './make-working-directory.ts';

function rootOf(t: TestContext) {
  const path = mkdtempSync(join(tmpdir(), 'working-'));
  t.after(() => rmSync(path, { recursive: true }));
  const layer = { rootfs: { type: 'bind', path } } as ContainerLayer;
  return {
    path,
    make: (directory: string) => makeWorkingDirectory(layer, directory),
    isDirectory: (name: string) => statSync(join(path, name)).isDirectory(),
  };
}

test('a working directory is made, and one that is there stays as it is', async t => {
  const { path, make, isDirectory } = rootOf(t);
  await make('/a/b/c');
  assert.equal(statSync(join(path, 'a/b/c')).mode & 0o777, 0o755);
  await make('/a/b/c');
  await make('/');
  await make('relative');
  assert.ok(isDirectory('a/b/c'));
  assert.throws(() => statSync(join(path, 'relative')), { code: 'ENOENT' });
});

test('links lead to places in the container only', async t => {
  const { path, make, isDirectory } = rootOf(t);
  const outside = mkdtempSync(join(tmpdir(), 'outside-'));
  t.after(() => rmSync(outside, { recursive: true }));
  mkdirSync(join(path, 'real'));
  symlinkSync('/real', join(path, 'absolute'));
  symlinkSync(`../../../../../..${outside}`, join(path, 'climbing'));
  await make('/absolute/x');
  await make('/climbing/x');
  assert.ok(isDirectory('real/x'));
  assert.ok(isDirectory(join(outside, 'x')));
  assert.throws(() => statSync(join(outside, 'x')), { code: 'ENOENT' });
});

test('what is no directory is told of', async t => {
  const { path, make } = rootOf(t);
  writeFileSync(join(path, 'file'), '');
  symlinkSync('loop', join(path, 'loop'));
  const refused = (directory: string, message: string) =>
    assert.rejects(make(directory), { kind: 'invalid-parameter', message });
  await refused('/file', 'Cannot mkdir: /file is not a directory');
  await refused('/file/x', 'mkdir /file/x: not a directory');
  await refused('/loop/x', 'mkdir /loop/x: too many levels of symbolic links');
  await refused(`/${'a'.repeat(300)}`, `mkdir /${'a'.repeat(300)}: file name too long`);
});

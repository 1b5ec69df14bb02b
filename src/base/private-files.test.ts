import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { makePrivateDatabase, makePrivateDirectory } from './private-files.ts';

function directoryFor(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-private-'));
  t.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

const modeOf = (path: string) => (statSync(path).mode & 0o7777).toString(8);

test('a private directory is closed to other users, new or not, with any umask', t => {
  const base = directoryFor(t);
  const umask = process.umask(0);
  t.after(() => process.umask(umask));
  makePrivateDirectory(join(base, 'new/inner'));
  assert.equal(modeOf(join(base, 'new/inner')), '700');
  assert.equal(modeOf(join(base, 'new')), '755');
  mkdirSync(join(base, 'old'));
  chmodSync(join(base, 'old'), 0o2777);
  makePrivateDirectory(join(base, 'old'));
  assert.equal(modeOf(join(base, 'old')), '700');
  // As the root of a new tmpfs.
  mkdirSync(join(base, 'empty'));
  chmodSync(join(base, 'empty'), 0o1777);
  makePrivateDirectory(join(base, 'empty'));
  assert.equal(modeOf(join(base, 'empty')), '700');
});

test('a directory that is shared with others, or theirs, is refused and left as it is', t => {
  const shared = directoryFor(t);
  chmodSync(shared, 0o1777);
  writeFileSync(join(shared, 'of-somebody'), '');
  assert.throws(() => makePrivateDirectory(shared), { kind: 'invalid-parameter', message: /is shared with/ });
  assert.equal(modeOf(shared), '1777');
  const theirs = process.geteuid?.() === 0 ? directoryFor(t) : '/';
  if (theirs !== '/') chownSync(theirs, 65534, 65534);
  const mode = modeOf(theirs);
  assert.throws(() => makePrivateDirectory(theirs), {
    kind: 'invalid-parameter',
    message: /belongs to another user/,
  });
  assert.equal(modeOf(theirs), mode);
});

test('the files of a private database are closed to others, and keep what is in them', t => {
  const path = join(directoryFor(t), 'state.db');
  makePrivateDatabase(path);
  assert.equal(modeOf(path), '600');
  for (const file of [path, `${path}-wal`]) {
    writeFileSync(file, 'content');
    chmodSync(file, 0o644);
  }
  makePrivateDatabase(path);
  for (const file of [path, `${path}-wal`]) {
    assert.equal(modeOf(file), '600');
    assert.equal(statSync(file).size, 'content'.length);
  }
});

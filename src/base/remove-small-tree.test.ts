import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { removeSmallTree } from './remove-small-tree.ts';

let base: string;
let tree: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'slipway-tree-'));
  tree = join(base, 'tree');
  mkdirSync(tree);
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

test('a few files, long ones and directories among them, are removed', async () => {
  mkdirSync(join(tree, 'a/b'), { recursive: true });
  writeFileSync(join(tree, 'a/b/short'), 'x');
  writeFileSync(join(tree, 'a/long'), Buffer.alloc(1024 * 1024));
  assert.equal(await removeSmallTree(tree), true);
  assert.deepEqual(readdirSync(base), []);
});

test('links are removed, not what they lead to', async () => {
  writeFileSync(join(base, 'kept'), 'x');
  symlinkSync(join(base, 'kept'), join(tree, 'to-file'));
  symlinkSync(base, join(tree, 'to-directory'));
  assert.equal(await removeSmallTree(tree), true);
  assert.deepEqual(readdirSync(base), ['kept']);
});

test('a name that is no UTF-8 is removed', async () => {
  writeFileSync(Buffer.concat([Buffer.from(`${tree}/`), Buffer.from([0xff, 0xfe])]), 'x');
  assert.equal(await removeSmallTree(tree), true);
  assert.equal(existsSync(tree), false);
});

test('what is not there is gone', async () => {
  assert.equal(await removeSmallTree(join(base, 'missing')), true);
});

test('a directory of many files, and one that has grown long, are left to others', async () => {
  for (let i = 0; i < 65; i++) writeFileSync(join(tree, `${i}`), '');
  assert.equal(await removeSmallTree(tree), false);
  const long = join(base, 'long');
  mkdirSync(long);
  for (let i = 0; i < 2000; i++) writeFileSync(join(long, `${'n'.repeat(200)}${i}`), '');
  assert.equal(await removeSmallTree(long), false);
  assert.equal(readdirSync(long).length, 2000);
});

test('a link in the place of the directory is refused', async () => {
  const link = join(base, 'link');
  symlinkSync(tree, link);
  await assert.rejects(removeSmallTree(link), { code: 'ENOTDIR' });
  assert.equal(existsSync(tree), true);
});

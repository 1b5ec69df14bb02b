import assert from 'node:assert/strict';
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { measureSmallTree } from './measure-small-tree.ts';

const base = mkdtempSync(join(tmpdir(), 'slipway-small-tree-'));
after(() => rmSync(base, { recursive: true }));

function makeTree(name: string): string {
  const root = join(base, name);
  mkdirSync(join(root, 'etc/deep/er'), { recursive: true });
  return root;
}

describe('measureSmallTree', () => {
  it('adds up files and what links hold, each file once and directories not', () => {
    const root = makeTree('plain');
    writeFileSync(join(root, 'etc/deep/er/a'), '12345');
    linkSync(join(root, 'etc/deep/er/a'), join(root, 'b'));
    symlinkSync('/etc', join(root, 'link'));
    writeFileSync(Buffer.concat([Buffer.from(`${root}/etc/`), Buffer.from([0xff])]), '1234567');
    assert.equal(measureSmallTree(root), 5 + 4 + 7);
  });

  it('leaves out the files that it is told to', () => {
    const root = makeTree('except');
    writeFileSync(join(root, 'etc/hosts'), '12345');
    writeFileSync(join(root, 'hosts'), '123');
    assert.equal(measureSmallTree(root, ['/etc/hosts', '/etc']), 3);
  });

  it('gives up on a tree that has more than a few entries, wide or deep', () => {
    const wide = makeTree('wide');
    for (let index = 0; index < 100; index++) writeFileSync(join(wide, `etc/deep/${index}`), '1');
    assert.equal(measureSmallTree(wide), undefined);
    const deep = join(base, 'deep');
    mkdirSync(join(deep, ...Array.from({ length: 100 }, () => 'd')), { recursive: true });
    assert.equal(measureSmallTree(deep), undefined);
  });

  it('does not follow a link out of the tree', () => {
    const root = makeTree('links');
    symlinkSync('/usr', join(root, 'usr'));
    assert.equal(measureSmallTree(root), '/usr'.length);
  });

  it('throws where there is no tree', () => {
    assert.throws(() => measureSmallTree(join(base, 'absent')), { code: 'ENOENT' });
  });
});

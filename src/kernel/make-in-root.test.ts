import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { test, type TestContext } from 'node:test';
import { makeInRoot } from './make-in-root.ts';
import { O_PATH } from './open-beneath.ts';

const ENOTDIR = 20;
const ELOOP = 40;

/** 0 or a negated errno. */
type Make = (path: string, kind?: 'directory' | 'file') => number;

function rootOf(t: TestContext): { base: string; root: string; make: Make } {
  const base = fs.mkdtempSync(`${tmpdir()}/slipway-root-`);
  t.after(() => fs.rmSync(base, { recursive: true }));
  const root = `${base}/root`;
  fs.mkdirSync(root);
  const make: Make = (path, kind = 'directory') => {
    const rootFd = fs.openSync(root, O_PATH);
    try {
      const result = makeInRoot(rootFd, path, kind);
      if (result >= 0) fs.closeSync(result);
      return Math.min(result, 0);
    } finally {
      fs.closeSync(rootFd);
    }
  };
  return { base, root, make };
}

test('directories and a file are made, and what is there stays as it is', t => {
  const { root, make } = rootOf(t);
  assert.equal(make('/a/b/../c/file', 'file'), 0);
  fs.writeFileSync(`${root}/a/c/file`, 'kept');
  assert.equal(make('a//c/./file', 'file'), 0);
  assert.equal(make('/a/c/file/x'), -ENOTDIR);
  assert.equal(fs.readFileSync(`${root}/a/c/file`, 'utf8'), 'kept');
  assert.ok(fs.statSync(`${root}/a/b`).isDirectory());
});

test('what a link leads to is made inside the root, wherever that is on the host', t => {
  const { base, root, make } = rootOf(t);
  fs.mkdirSync(`${base}/host`);
  fs.writeFileSync(`${base}/host/file`, 'of the host');
  fs.symlinkSync(`${base}/host`, `${root}/absolute`);
  fs.symlinkSync(`../../../../../..${base}/host/file`, `${root}/climbing`);
  fs.symlinkSync(Buffer.from('/odd\xff', 'latin1'), `${root}/odd`);
  fs.symlinkSync('round', `${root}/round`);
  assert.equal(make('/absolute/made'), 0);
  assert.equal(make('/climbing', 'file'), 0);
  assert.equal(make('/odd'), 0);
  assert.equal(make('/round/x'), -ELOOP);
  assert.deepEqual(fs.readdirSync(`${base}/host`), ['file']);
  assert.equal(fs.readFileSync(`${base}/host/file`, 'utf8'), 'of the host');
  assert.deepEqual(fs.readdirSync(`${root}${base}/host`).sort(), ['file', 'made']);
  assert.ok(fs.statSync(Buffer.from(`${root}/odd\xff`, 'latin1')).isDirectory());
});

test('links of procfs are not followed', t => {
  const { root, make } = rootOf(t);
  fs.symlinkSync('/proc/self/root', `${root}/host`);
  fs.symlinkSync(`/proc/self/cwd`, `${root}/here`);
  const rootFd = fs.openSync('/', O_PATH);
  try {
    assert.equal(makeInRoot(rootFd, `${root}/host/tmp/never-made`, 'directory'), -ELOOP);
  } finally {
    fs.closeSync(rootFd);
  }
  assert.equal(make('/here/x'), 0);
  assert.ok(fs.existsSync(`${root}/proc/self/cwd/x`));
});

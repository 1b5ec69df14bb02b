/** Trees of any depth, and trees that are changed while they are removed, measured or copied. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { after, before, test, type TestContext } from 'node:test';
import { newGrowth } from '../src/archive/growth.ts';
import { RootedThreads } from '../src/archive/rooted/rooted-threads.ts';
import { getXattr, setXattr } from '../src/kernel/xattr.ts';
import { makeDeepTree } from './fixtures/deep-tree.ts';

/** 300 names of 100 bytes: several times what a path can name, and deeper than what is held open. */
const LEVELS = 300;

let threads: RootedThreads;
before(async () => {
  threads = await RootedThreads.open();
});
after(() => threads.close());

function scratch(t: TestContext): string {
  const base = fs.mkdtempSync(`${tmpdir()}/slipway-walk-`);
  t.after(() => execFileSync('rm', ['-rf', base]));
  return base;
}

/** Has a shell repeat something while `task` runs. */
function during(script: string, task: () => Promise<void>): Promise<void> {
  return whileRunning(['/bin/busybox', 'sh', '-c', `while :; do ${script}; done`], task);
}

async function whileRunning([command = '', ...args]: string[], task: () => Promise<void>): Promise<void> {
  const racer = spawn(command, args, { stdio: 'ignore' });
  const ended = new Promise(resolve => racer.once('exit', resolve));
  try {
    await task();
  } finally {
    racer.kill('SIGKILL');
    await ended;
  }
}

test('a tree deeper than a path can name is measured, copied and removed', async t => {
  const base = scratch(t);
  for (const name of ['tree', 'copy']) fs.mkdirSync(`${base}/${name}`);
  makeDeepTree(`${base}/tree`, LEVELS);
  assert.equal(await threads.run({ kind: 'measure', root: `${base}/tree` }), LEVELS);
  const du = Number(execFileSync('du', ['-s', '-B1', `${base}/tree`], { encoding: 'utf8' }).split('\t')[0]);
  assert.equal(await threads.run({ kind: 'measure-disk', root: `${base}/tree` }), du);
  await threads.run({ kind: 'copy', from: `${base}/tree`, to: `${base}/copy` });
  assert.equal(await threads.run({ kind: 'measure', root: `${base}/copy` }), LEVELS);
  for (const name of ['tree', 'copy']) await threads.run({ kind: 'remove', root: base, name });
  assert.deepEqual(fs.readdirSync(base), []);
});

test('a tree is removed with every type of file in it, and nothing that its links lead to', async t => {
  const base = scratch(t);
  fs.mkdirSync(`${base}/kept`);
  fs.writeFileSync(`${base}/kept/file`, 'x');
  const tree = `${base}/tree`;
  fs.mkdirSync(`${tree}/a/b/c`, { recursive: true });
  for (let index = 0; index < 2000; index++) fs.writeFileSync(`${tree}/a/${index}`, '');
  for (let index = 0; index < 50; index++) fs.mkdirSync(`${tree}/a/b/${index}/in`, { recursive: true });
  fs.symlinkSync(`${base}/kept`, `${tree}/a/link`);
  fs.symlinkSync('/', `${tree}/root`);
  execFileSync('mkfifo', [`${tree}/fifo`]);
  fs.writeFileSync(Buffer.from(`${tree}/\xff`, 'latin1'), '');
  fs.mkdirSync(Buffer.from(`${tree}/\xfe`, 'latin1'));
  fs.writeFileSync(Buffer.from(`${tree}/\xfe/x`, 'latin1'), '');
  fs.chmodSync(`${tree}/a/b`, 0);
  await threads.run({ kind: 'remove', root: base, name: 'tree' });
  fs.symlinkSync('kept', `${base}/link`);
  await threads.run({ kind: 'remove', root: base, name: 'link' });
  await threads.run({ kind: 'remove', root: base, name: 'never-there' });
  assert.deepEqual(fs.readdirSync(base), ['kept']);
  assert.deepEqual(fs.readdirSync(`${base}/kept`), ['file']);
});

test('what is mounted in a tree is neither removed nor measured, and the rest is', async t => {
  const base = scratch(t);
  fs.mkdirSync(`${base}/tree/place`, { recursive: true });
  fs.mkdirSync(`${base}/tree/other`);
  fs.writeFileSync(`${base}/tree/other/file`, 'four');
  execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', `${base}/tree/place`]);
  try {
    fs.writeFileSync(`${base}/tree/place/file`, 'mounted');
    assert.equal(await threads.run({ kind: 'measure', root: `${base}/tree` }), 4);
    await assert.rejects(threads.run({ kind: 'remove', root: base, name: 'tree' }), /EBUSY/);
    assert.deepEqual(fs.readdirSync(`${base}/tree`), ['place']);
    assert.equal(fs.readFileSync(`${base}/tree/place/file`, 'utf8'), 'mounted');
  } finally {
    execFileSync('umount', [`${base}/tree/place`]);
  }
});

test('a copy has what the original has, and leaves what is there', async t => {
  const base = scratch(t);
  const [from, to] = [`${base}/from`, `${base}/to`];
  for (const path of [from, to, `${from}/dir`, `${to}/dir`, `${from}/taken`]) fs.mkdirSync(path);
  fs.writeFileSync(`${from}/dir/suid`, 'program');
  fs.chownSync(`${from}/dir/suid`, 1, 2);
  fs.chmodSync(`${from}/dir/suid`, 0o6755);
  fs.linkSync(`${from}/dir/suid`, `${from}/hard`);
  fs.symlinkSync('../nowhere', `${from}/link`);
  fs.lchownSync(`${from}/link`, 3, 4);
  execFileSync('mknod', [`${from}/null`, 'c', '1', '3']);
  execFileSync('mkfifo', [`${from}/fifo`]);
  fs.writeFileSync(`${from}/sparse`, 'begin');
  fs.truncateSync(`${from}/sparse`, 64 * 2 ** 20);
  setXattr(`${from}/dir`, 'user.mine', Buffer.from('kept'));
  setXattr(`${from}/dir/suid`, 'trusted.overlay.opaque', Buffer.from('y'));
  fs.writeFileSync(`${from}/taken/file`, 'new');
  fs.writeFileSync(`${from}/present`, 'new');
  fs.writeFileSync(`${to}/present`, 'old');
  // In the place of a directory.
  fs.symlinkSync('/etc', `${to}/taken`);
  fs.chmodSync(from, 0o1777);
  fs.utimesSync(from, 1000, 2000);
  await threads.run({ kind: 'copy', from, to });
  const names = fs
    .readdirSync(from, { recursive: true })
    .map(String)
    .filter(name => name !== 'taken/file');
  for (const name of ['', ...names].filter(path => !['taken', 'present'].includes(path))) {
    const [original, copy] = [fs.lstatSync(`${from}/${name}`), fs.lstatSync(`${to}/${name}`)];
    for (const key of ['mode', 'uid', 'gid', 'rdev', 'mtimeMs', 'nlink'] as const)
      if (!(key === 'nlink' && original.isDirectory()))
        assert.equal(copy[key], original[key], `${name}: ${key}`);
  }
  assert.equal(fs.statSync(`${to}/hard`).ino, fs.statSync(`${to}/dir/suid`).ino);
  assert.equal(fs.readlinkSync(`${to}/link`), '../nowhere');
  assert.ok(fs.readFileSync(`${to}/sparse`).equals(fs.readFileSync(`${from}/sparse`)));
  assert.ok(fs.statSync(`${to}/sparse`).blocks * 512 < 2 ** 20);
  assert.equal(getXattr(`${to}/dir`, 'user.mine')?.toString(), 'kept');
  assert.equal(getXattr(`${to}/dir/suid`, 'trusted.overlay.opaque'), undefined);
  assert.equal(fs.readFileSync(`${to}/present`, 'utf8'), 'old');
  assert.equal(fs.readlinkSync(`${to}/taken`), '/etc');
  assert.ok(!fs.existsSync('/etc/file'));
});

test('a copy stays in its target while directories there are swapped for links', async t => {
  const base = scratch(t);
  const [from, to, outside] = [`${base}/from`, `${base}/to`, `${base}/outside`];
  for (const path of [from, to, outside]) fs.mkdirSync(path);
  const names = Array.from({ length: 100 }, (_, index) => `d${index}`);
  for (const name of names) {
    fs.mkdirSync(`${from}/${name}/sub`, { recursive: true });
    for (let file = 0; file < 10; file++) fs.writeFileSync(`${from}/${name}/sub/f${file}`, 'x');
  }
  const swap = `for d in ${to}/d*; do i=$((i+1)); mv $d ${base}/aside-$i && ln -sn ${outside} $d; done`;
  await during(swap, async () => {
    for (let round = 0; round < 10; round++) {
      // Where others move away what it is at, it says so.
      await threads
        .run({ kind: 'copy', from, to })
        .catch((error: Error) => assert.match(error.message, /were moved/));
      const made = fs.readdirSync(to);
      await Promise.all(
        made.map(name => threads.run({ kind: 'remove', root: to, name }).catch(() => undefined)),
      );
    }
  });
  assert.deepEqual(fs.readdirSync(outside), []);
  assert.ok(fs.existsSync(`${from}/d0/sub/f0`));
});

test('a walk goes on where a directory was moved away below it', async t => {
  const base = scratch(t);
  fs.mkdirSync(`${base}/tree`);
  fs.mkdirSync(`${base}/elsewhere`);
  makeDeepTree(`${base}/tree`, LEVELS);
  const [name = ''] = fs.readdirSync(`${base}/tree`).filter(entry => entry.startsWith('d'));
  const moved = `${base}/tree/${name}/${name}/${name}`;
  await during(`mv ${moved} ${base}/elsewhere; mv ${base}/elsewhere/${name} ${moved}`, async () => {
    for (let round = 0; round < 20; round++) {
      const bytes = await threads.run({ kind: 'measure', root: `${base}/tree` });
      assert.ok(bytes >= 2 && bytes <= LEVELS, String(bytes));
    }
  });
});

test('no device is read that takes the place of a file while that is packed', async t => {
  const base = scratch(t);
  const upper = `${base}/upper`;
  fs.mkdirSync(upper);
  fs.writeFileSync(`${base}/file`, Buffer.alloc(4096));
  execFileSync('mknod', [`${base}/random`, 'c', '1', '9']);
  // Times of whole seconds need no more than a header.
  for (const name of ['file', 'random']) fs.utimesSync(`${base}/${name}`, 1000, 1000);
  for (let index = 0; index < 50; index++) fs.linkSync(`${base}/file`, `${upper}/${index}`);
  const trees = {
    upper,
    lower: undefined,
    isWhole: true,
    opaqueXattr: 'trusted.overlay.opaque',
    ignored: [],
  };
  const swap = `
    const fs = require('node:fs');
    const put = (name, index) => {
      fs.linkSync('${base}/' + name, '${base}/next');
      fs.renameSync('${base}/next', '${upper}/' + index);
    };
    for (let index = 0; ; index = (index + 1) % 50) for (const name of ['random', 'file']) put(name, index);`;
  await whileRunning([process.execPath, '-e', swap], async () => {
    for (let round = 0; round < 300; round++) {
      const outputFd = fs.openSync(`${base}/archive`, 'w+');
      try {
        await threads
          .run({ kind: 'pack-changes', trees, outputFd, growth: newGrowth() })
          .catch((error: Error) => assert.match(error.message, /EACCES/));
        const archive = fs.readFileSync(`${base}/archive`);
        // What is none of the headers, which name their user.
        for (let at = 0; at < archive.length; at += 512) {
          const block = archive.subarray(at, at + 512);
          assert.ok(block.includes('ustar') || block.every(byte => byte === 0), `block ${at / 512}`);
        }
      } finally {
        fs.closeSync(outputFd);
      }
    }
  });
});

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { after, before, test, type TestContext } from 'node:test';
import { packStream } from '../src/archive/rooted/pack-stream.ts';
import { RootedThreads } from '../src/archive/rooted/rooted-threads.ts';
import type { UnpackJob } from '../src/archive/rooted/rooted-jobs.ts';
import type { TarEntry } from '../src/archive/tar/tar-entry.ts';
import { digestOf } from '../src/base/digest.ts';
import { decodeDevice, makeNode, S_IFCHR } from '../src/kernel/make-node.ts';
import { setTimes } from '../src/kernel/set-times.ts';
import { getXattr, setXattr } from '../src/kernel/xattr.ts';
import { archiveOf, type Given, unpackArchive } from './fixtures/unpack-archive.ts';

let threads: RootedThreads;
before(async () => {
  threads = await RootedThreads.open();
});
after(() => threads.close());

/** A directory with `target/` to unpack into, and `outside`, a file that nothing may touch. */
function scratch(t: TestContext): { base: string; target: string } {
  const base = fs.mkdtempSync(`${tmpdir()}/slipway-unpack-`);
  t.after(() => {
    assert.equal(fs.readFileSync(`${base}/outside`, 'utf8'), 'untouched');
    fs.rmSync(base, { recursive: true, force: true });
  });
  fs.writeFileSync(`${base}/outside`, 'untouched');
  fs.mkdirSync(`${base}/target`);
  return { base, target: `${base}/target` };
}

const unpack = (base: string, archive: Buffer | Given[], more: Partial<UnpackJob> = {}) =>
  unpackArchive(threads, base, archive, more);

function isWhiteout(path: string): boolean {
  const stat = fs.lstatSync(path, { bigint: true });
  return stat.isCharacterDevice() && stat.rdev === 0n;
}

const dir = (path: string, more: Partial<TarEntry> = {}): Given => ({ path, type: 'directory', ...more });
const link = (path: string, linkPath: string): Given => ({ path, type: 'symlink', linkPath });
const hard = (path: string, linkPath: string): Given => ({ path, type: 'hardlink', linkPath });

for (const path of ['../outside', 'a/../../outside', '/../outside', './../outside']) {
  test(`the path ${path} is refused`, async t => {
    const { base } = scratch(t);
    await assert.rejects(unpack(base, [{ path, data: 'evil' }]), { kind: 'invalid-parameter' });
  });
}

test('a hard link to a path outside is refused, and one to an absolute path stays inside', async t => {
  const { base, target } = scratch(t);
  await assert.rejects(unpack(base, [hard('h', '../outside')]), { kind: 'invalid-parameter' });
  await assert.rejects(unpack(base, [hard('h', `${base}/outside`)]), /ENOENT/);
  await unpack(base, [{ path: 'etc/passwd', data: 'inside' }, hard('p', '/etc/passwd')]);
  assert.equal(fs.readFileSync(`${target}/p`, 'utf8'), 'inside');
});

test('absolute paths land inside', async t => {
  const { base, target } = scratch(t);
  await unpack(base, [{ path: `${base}/outside`, data: 'inside' }]);
  assert.equal(fs.readFileSync(`${target}${base}/outside`, 'utf8'), 'inside');
});

test('files written through links land inside, wherever the links seem to point', async t => {
  const { base, target } = scratch(t);
  fs.mkdirSync(`${target}${base}`, { recursive: true });
  await unpack(base, [
    link('absolute', base),
    { path: 'absolute/outside', data: 'inside' },
    link('up', '../../../../../../..'),
    { path: 'up/top', data: 'inside' },
    link('chain', 'absolute'),
    { path: 'chain/second', data: 'inside' },
  ]);
  assert.equal(fs.readFileSync(`${target}${base}/outside`, 'utf8'), 'inside');
  assert.equal(fs.readFileSync(`${target}/top`, 'utf8'), 'inside');
  assert.equal(fs.readFileSync(`${target}${base}/second`, 'utf8'), 'inside');
  assert.deepEqual(fs.readdirSync(base).sort(), ['archive', 'outside', 'target']);
});

test('a file replaces a link of its name and does not write through it', async t => {
  const { base, target } = scratch(t);
  await unpack(base, [link('f', '/g'), { path: 'g', data: 'kept' }, { path: 'f', data: 'new' }]);
  assert.equal(fs.readFileSync(`${target}/g`, 'utf8'), 'kept');
  assert.equal(fs.lstatSync(`${target}/f`).isFile(), true);
});

test('a link that leads into itself is an error, not a hang', async t => {
  const { base } = scratch(t);
  await assert.rejects(unpack(base, [link('a', 'b'), link('b', 'a'), { path: 'a/f', data: '' }]), {
    kind: 'invalid-parameter',
    message: /ELOOP/,
  });
});

test('whiteouts through links, of the root or of "..", remove nothing outside', async t => {
  for (const whiteouts of ['overlay', 'apply'] as const) {
    const { base } = scratch(t);
    await unpack(base, [link('up', '..'), { path: 'up/.wh.outside' }], { whiteouts });
    for (const path of ['.wh..', '.wh...', 'a/.wh...', '.wh.'])
      await assert.rejects(unpack(base, [{ path }], { whiteouts }), { kind: 'invalid-parameter' });
    await assert.rejects(unpack(base, [{ path: '../.wh.outside' }], { whiteouts }), {
      kind: 'invalid-parameter',
    });
  }
});

test('the last of several entries of one name counts, and directories merge', async t => {
  const { base, target } = scratch(t);
  const result = await unpack(base, [
    { path: 'f', data: 'first' },
    { path: 'f', data: 'second!' },
    dir('d', { mode: 0o700 }),
    { path: 'd/x', data: 'x' },
    dir('d', { mode: 0o755 }),
    { path: 'was-dir/in', data: 'i' },
    { path: 'was-dir', data: 'file' },
  ]);
  assert.equal(fs.readFileSync(`${target}/f`, 'utf8'), 'second!');
  assert.equal(fs.readFileSync(`${target}/d/x`, 'utf8'), 'x');
  assert.equal(fs.statSync(`${target}/d`).mode & 0o7777, 0o755);
  assert.equal(fs.readFileSync(`${target}/was-dir`, 'utf8'), 'file');
  assert.equal(result.entryCount, 7);
});

test('where a link leads becomes a directory when something is to be in it, within the root', async t => {
  const { base, target } = scratch(t);
  await unpack(base, [
    link('lib', 'usr/lib'),
    { path: 'lib/x', data: 'x' },
    link('a', 'b'),
    link('b', '/c/d'),
    { path: 'a/y', data: 'y' },
    link('up/out', '../../../outside-too'),
    dir('up/out/z'),
    dir('usr/lib', { mode: 0o700 }),
  ]);
  assert.equal(fs.readFileSync(`${target}/usr/lib/x`, 'utf8'), 'x');
  assert.equal(fs.statSync(`${target}/usr/lib`).mode & 0o777, 0o700);
  assert.equal(fs.readFileSync(`${target}/c/d/y`, 'utf8'), 'y');
  assert.ok(fs.statSync(`${target}/outside-too/z`).isDirectory());
  assert.deepEqual(fs.readdirSync(base).sort(), ['archive', 'outside', 'target']);
});

const CONTRADICTIONS: [string, Given[], RegExp][] = [
  [
    'a file cannot be a directory of another',
    [
      { path: 'f', data: '' },
      { path: 'f/g', data: '' },
    ],
    /ENOTDIR/,
  ],
  [
    'a link to a file is no directory',
    [{ path: 'f', data: '' }, link('l', 'f'), { path: 'l/g', data: '' }],
    /ENOTDIR/,
  ],
  ['a hard link needs its file', [hard('l', 'f')], /ENOENT/],
  ['a directory has no other names', [dir('d'), hard('l', 'd')], /EISDIR/],
];

for (const [what, entries, message] of CONTRADICTIONS)
  test(`${what}: the archive is wrong`, async t => {
    const { base } = scratch(t);
    await assert.rejects(unpack(base, entries), { kind: 'invalid-parameter', message });
  });

test('what a hard link says of its file is done to it, and nothing that is as it should be', async t => {
  const { base, target } = scratch(t);
  const capability = Buffer.from('0100000200040000000000000000000000000000', 'hex');
  await unpack(base, [
    { path: 'f', data: '1', uid: 1, gid: 2, mode: 0o644 },
    { ...hard('g', 'f'), uid: 3, gid: 4, mode: 0o4755, mtimeNs: 5_000_000_000n },
    { path: 'c', data: '1', uid: 1, mode: 0o755, xattrs: new Map([['security.capability', capability]]) },
    { ...hard('d', 'c'), uid: 1, mode: 0o755 },
    link('s', 'nowhere'),
    { ...hard('t', 's'), uid: 7, mode: 0o600 },
  ]);
  const { uid, gid, mode, mtimeMs, nlink } = fs.statSync(`${target}/f`);
  assert.deepEqual([uid, gid, mode & 0o7777, mtimeMs, nlink], [3, 4, 0o4755, 5000, 2]);
  assert.deepEqual(getXattr(`${target}/c`, 'security.capability'), capability);
  assert.equal(fs.lstatSync(`${target}/s`).uid, 7);
});

test('everything that an archive says of a file is on the disk', async t => {
  const { base, target } = scratch(t);
  const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex');
  const special = { mode: 0o4755, uid: 1000, gid: 1001, mtimeNs: 1_234_567_890_987_654_321n };
  const result = await unpack(base, [
    dir('d', { mode: 0o2775, uid: 5, gid: 6, mtimeNs: 1_600_000_000_123_456_789n }),
    { path: 'd/suid', data: 'x', ...special },
    { path: 'd/cap', data: 'y', uid: 7, xattrs: new Map([['security.capability', capability]]) },
    { ...link('d/link', 'nowhere'), uid: 8, mtimeNs: 77n },
    { ...hard('d/hard', 'd/suid'), ...special },
    { path: 'd/null', type: 'character-device', major: 1, minor: 3, mode: 0o666 },
    { path: 'd/disk', type: 'block-device', major: 259, minor: 70_000, mode: 0o600 },
    { path: 'd/fifo', type: 'fifo', mode: 0o622 },
    { path: 'd/caf\xe9', data: 'latin1' },
    { path: 'overlay', data: '', xattrs: new Map([['trusted.overlay.redirect', Buffer.from('/etc')]]) },
  ]);
  const stat = (name: string) => fs.lstatSync(`${target}/${name}`, { bigint: true });
  assert.equal(stat('d').mode & 0o7777n, 0o2775n);
  assert.equal(stat('d').mtimeNs, 1_600_000_000_123_456_789n);
  assert.equal(stat('d/suid').mode & 0o7777n, 0o4755n);
  assert.deepEqual([stat('d/suid').uid, stat('d/suid').gid], [1000n, 1001n]);
  assert.equal(stat('d/suid').mtimeNs, 1_234_567_890_987_654_321n);
  assert.equal(stat('d/hard').ino, stat('d/suid').ino);
  assert.deepEqual(getXattr(`${target}/d/cap`, 'security.capability')?.subarray(0, 20), capability);
  assert.deepEqual([stat('d/link').uid, stat('d/link').mtimeNs], [8n, 77n]);
  assert.deepEqual(decodeDevice(stat('d/null').rdev), { major: 1, minor: 3 });
  assert.deepEqual(decodeDevice(stat('d/disk').rdev), { major: 259, minor: 70_000 });
  assert.equal(stat('d/fifo').mode & 0o777n, 0o622n);
  assert.ok(fs.existsSync(Buffer.from(`${target}/d/caf\xe9`, 'latin1')));
  assert.equal(getXattr(`${target}/overlay`, 'trusted.overlay.redirect'), undefined);
  assert.equal(result.sizeBytes, 1 + 1 + 'nowhere'.length + 6);
  assert.equal(await threads.run({ kind: 'measure', root: target }), result.sizeBytes);
});

test("overlay's whiteouts: devices, opaque directories, and what one layer makes of one name", async t => {
  const { base, target } = scratch(t);
  await unpack(base, [
    dir('d'),
    { path: 'd/.wh.gone' },
    dir('opaque'),
    { path: 'opaque/.wh..wh..opq' },
    { path: 'opaque/kept', data: '' },
    { path: '.wh.replaced' },
    { path: 'replaced/new', data: '' },
    { path: '.wh.replaced-by-file' },
    { path: 'replaced-by-file', data: 'f' },
    dir('made-first'),
    { path: '.wh.made-first' },
    { path: '.wh..wh.plnk', data: '' },
  ]);
  assert.ok(isWhiteout(`${target}/d/gone`));
  for (const name of ['opaque', 'replaced', 'made-first'])
    assert.equal(getXattr(`${target}/${name}`, 'trusted.overlay.opaque')?.toString(), 'y', name);
  assert.equal(fs.readFileSync(`${target}/replaced-by-file`, 'utf8'), 'f');
  assert.deepEqual(
    fs.readdirSync(target, { recursive: true }).filter(name => String(name).includes('.wh.')),
    [],
  );
});

test('applied whiteouts remove what lower layers have, and nothing of their own layer', async t => {
  const { base, target } = scratch(t);
  fs.mkdirSync(`${target}/d/sub`, { recursive: true });
  for (const name of ['gone', 'd/old', 'd/sub/deep', 'stays']) fs.writeFileSync(`${target}/${name}`, 'lower');
  const entries: Given[] = [
    { path: '.wh.gone' },
    { path: 'd/new', data: 'new' },
    { path: 'd/.wh..wh..opq' },
    { path: 'own', data: 'own' },
    { path: '.wh.own' },
  ];
  await unpack(base, entries, { whiteouts: 'apply' });
  assert.deepEqual(fs.readdirSync(target).sort(), ['d', 'own', 'stays']);
  assert.deepEqual(fs.readdirSync(`${target}/d`), ['new']);
});

test('an archive that unpacks to more than allowed is stopped', async t => {
  const { base } = scratch(t);
  const bomb = [{ path: 'zeros', data: '\0'.repeat(100_000) }];
  await assert.rejects(unpack(base, bomb, { maximumBytes: 50_000 }), /unpacks to more than 50000 bytes/);
});

test('a damaged compressed archive is an error of the archive', async t => {
  const { base } = scratch(t);
  const gzip = execFileSync('gzip', ['-c'], { input: archiveOf([{ path: 'f', data: 'x'.repeat(5000) }]) });
  gzip.fill(0xff, 40, 60);
  await assert.rejects(unpack(base, gzip, { compression: 'gzip' }), { kind: 'invalid-parameter' });
  await assert.rejects(unpack(base, gzip.subarray(0, 30), { compression: 'gzip' }), {
    kind: 'invalid-parameter',
  });
});

/** A tree with a bit of everything. */
function makeTree(root: string): void {
  fs.mkdirSync(`${root}/sub/${'long-directory-name/'.repeat(12)}`, { recursive: true });
  fs.writeFileSync(`${root}/sub/${'long-directory-name/'.repeat(12)}${'f'.repeat(200)}`, 'deep');
  fs.writeFileSync(`${root}/file`, 'content', { mode: 0o640 });
  fs.chownSync(`${root}/file`, 123, 456);
  fs.linkSync(`${root}/file`, `${root}/sub/hard`);
  fs.symlinkSync('x'.repeat(150), `${root}/long-link`);
  makeNode(`${root}/device`, S_IFCHR | 0o600, 1, 5);
  fs.writeFileSync(Buffer.from(`${root}/\xff\xfe`, 'latin1'), 'bytes');
  const sparse = fs.openSync(`${root}/sparse`, 'w');
  fs.writeSync(sparse, 'middle', 3_000_000);
  fs.ftruncateSync(sparse, 9_000_000);
  fs.closeSync(sparse);
  setXattr(`${root}/file`, 'user.binary', Buffer.from([0, 1, 255, 10]));
  setTimes(`${root}/file`, 0n, 1_111_111_111_222_333_444n);
  setTimes(`${root}/long-link`, 0n, -5_000_000_000n);
}

/** What there is to compare of a tree. */
function describeTree(root: string): Record<string, unknown> {
  const description: Record<string, unknown> = {};
  for (const name of fs.readdirSync(root, { recursive: true, encoding: 'latin1' })) {
    const path = Buffer.from(`${root}/${name}`, 'latin1');
    const { mode, uid, gid, mtimeNs, size, rdev, nlink } = fs.lstatSync(path, { bigint: true });
    const isFile = (mode & 0o170000n) === 0o100000n;
    const isDirectory = (mode & 0o170000n) === 0o040000n;
    description[name] = {
      mode,
      uid,
      gid,
      rdev,
      ...(isDirectory ? {} : { mtimeNs, size, nlink }),
      content: isFile ? digestOf(fs.readFileSync(path)) : '',
      binary: getXattr(path, 'user.binary')?.toString('hex'),
    };
  }
  return description;
}

test('a tree survives packing and unpacking', async t => {
  const { base, target } = scratch(t);
  fs.mkdirSync(`${base}/tree`);
  makeTree(`${base}/tree`);
  const archive = Buffer.concat(
    await Array.fromAsync(packStream(threads, `${base}/tree`) as AsyncIterable<Buffer>),
  );
  assert.ok(archive.length < 200_000, 'holes are not in the archive');
  await unpack(base, archive);
  assert.deepEqual(describeTree(target), describeTree(`${base}/tree`));
  assert.ok(fs.statSync(`${target}/sparse`).blocks * 512 < 200_000, 'holes are holes again');
});

test('GNU tar unpacks what is packed here to the same tree', async t => {
  const { base, target } = scratch(t);
  fs.mkdirSync(`${base}/tree`);
  makeTree(`${base}/tree`);
  const archive = Buffer.concat(
    await Array.fromAsync(packStream(threads, `${base}/tree`) as AsyncIterable<Buffer>),
  );
  execFileSync('tar', ['-C', target, '--xattrs', '--xattrs-include=*', '--numeric-owner', '-xpf', '-'], {
    input: archive,
  });
  assert.deepEqual(describeTree(target), describeTree(`${base}/tree`));
});

const GNU_FORMATS = [
  ['--format=posix', '--xattrs'],
  ['--format=posix', '--xattrs', '--sparse', '--sparse-version=0.0'],
  ['--format=posix', '--xattrs', '--sparse', '--sparse-version=0.1'],
  ['--format=posix', '--xattrs', '--sparse', '--sparse-version=1.0'],
];

for (const options of GNU_FORMATS) {
  test(`an archive of GNU tar ${options.join(' ')} becomes the same tree`, async t => {
    const { base, target } = scratch(t);
    fs.mkdirSync(`${base}/tree`);
    makeTree(`${base}/tree`);
    const archive = execFileSync(
      'tar',
      ['-C', `${base}/tree`, '--numeric-owner', ...options, '-cf', '-', '.'],
      { maxBuffer: 2 ** 26 },
    );
    await unpack(base, archive);
    assert.deepEqual(describeTree(target), describeTree(`${base}/tree`));
  });
}

for (const options of [['--format=gnu'], ['--format=gnu', '--sparse'], ['--format=oldgnu']]) {
  test(`an archive of GNU tar ${options.join(' ')} becomes the same tree, but for fractions of seconds`, async t => {
    const { base, target } = scratch(t);
    fs.mkdirSync(`${base}/tree`);
    makeTree(`${base}/tree`);
    const args = ['-C', `${base}/tree`, '--numeric-owner', '--no-xattrs', ...options, '-cf', '-', '.'];
    await unpack(base, execFileSync('tar', args, { maxBuffer: 2 ** 26 }));
    const whole = (tree: Record<string, unknown>) =>
      JSON.stringify(tree, (key, value: unknown) => {
        if (key === 'binary') return undefined;
        return typeof value === 'bigint' ? String(key === 'mtimeNs' ? value / 1_000_000_000n : value) : value;
      });
    assert.equal(whole(describeTree(target)), whole(describeTree(`${base}/tree`)));
  });
}

for (const [compression, program] of [
  ['gzip', 'gzip'],
  ['zstd', 'zstd'],
] as const) {
  test(`${compression}, also of several members, is unpacked by the thread itself`, async t => {
    const { base, target } = scratch(t);
    const archive = archiveOf([{ path: 'f', data: 'x'.repeat(100_000) }]);
    const parts = [archive.subarray(0, 30_000), archive.subarray(30_000)];
    const compressed = Buffer.concat(parts.map(input => execFileSync(program, ['-c'], { input })));
    const result = await unpack(base, compressed, { compression });
    assert.equal(fs.statSync(`${target}/f`).size, 100_000);
    assert.match(String(result.diffId), /^sha256:[0-9a-f]{64}$/);
  });
}

test('the host is not seen from the archive, also while several threads work', async t => {
  const { base, target } = scratch(t);
  fs.mkdirSync(`${base}/two`);
  const other = unpack(base, [{ path: 'one', data: '1' }]);
  await other;
  await Promise.all([
    unpack(base, [{ path: 'etc/hostname', data: 'a' }]),
    threads.run({ kind: 'measure', root: `${base}/two` }),
    fs.promises.stat('/proc/self').then(stat => assert.ok(stat.isDirectory())),
  ]);
  assert.deepEqual(fs.readdirSync(target).sort(), ['etc', 'one']);
});

test('a reader that goes away ends the packing', async t => {
  const { base } = scratch(t);
  fs.mkdirSync(`${base}/tree`);
  fs.writeFileSync(`${base}/tree/large`, Buffer.alloc(8_000_000, 1));
  const stream = packStream(threads, `${base}/tree`);
  await new Promise(resolve => stream.once('data', resolve));
  stream.destroy();
  await new Promise(resolve => stream.once('close', resolve));
  assert.equal(await threads.run({ kind: 'measure', root: `${base}/tree` }), 8_000_000);
});

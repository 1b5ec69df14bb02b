/** Archives made to do harm, and those that are merely large. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { Readable } from 'node:stream';
import { after, before, test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { packStream } from '../src/archive/rooted/pack-stream.ts';
import { RootedThreads } from '../src/archive/rooted/rooted-threads.ts';
import type { UnpackJob } from '../src/archive/rooted/rooted-jobs.ts';
import { tarEntry } from '../src/archive/tar/tar-entry.ts';
import { encodeTarEntry } from '../src/archive/tar/tar-writer.ts';
import { digestOf } from '../src/base/digest.ts';
import { EngineError } from '../src/base/errors.ts';
import { openGraph } from '../src/graph/open-graph.ts';
import { MountedFileSystem, whyNot } from './fixtures/loop-file-system.ts';
import { archiveOf, type Given, unpackArchive } from './fixtures/unpack-archive.ts';

const MEGABYTE = 2 ** 20;
const GIGABYTE = 2 ** 30;
const SMALL_DISK = { type: 'ext4', sizeBytes: 48 * MEGABYTE };

let threads: RootedThreads;
before(async () => {
  threads = await RootedThreads.open();
});
after(() => threads.close());

function scratch(t: TestContext, parent = tmpdir()): { base: string; target: string } {
  const base = fs.mkdtempSync(`${parent}/slipway-hostile-`);
  t.after(() => fs.rmSync(base, { recursive: true, force: true }));
  fs.mkdirSync(`${base}/target`);
  return { base, target: `${base}/target` };
}

const unpack = (base: string, archive: Buffer | Given[], more: Partial<UnpackJob> = {}) =>
  unpackArchive(threads, base, archive, more);

for (const format of [['--format=gnu'], ['--format=posix', '--sparse-version=0.1'], ['--format=posix']]) {
  test(`a sparse file of 9 GiB is unpacked from tar ${format.join(' ')}, and packed again`, async t => {
    const { base, target } = scratch(t);
    fs.mkdirSync(`${base}/tree`);
    const file = fs.openSync(`${base}/tree/large`, 'w');
    fs.writeSync(file, 'far away', 8.5 * GIGABYTE);
    fs.ftruncateSync(file, 9 * GIGABYTE);
    fs.closeSync(file);
    const archive = execFileSync('tar', ['-C', `${base}/tree`, ...format, '--sparse', '-cf', '-', 'large']);
    assert.ok(archive.length < MEGABYTE);
    const { sizeBytes } = await unpack(base, archive, { maximumBytes: MEGABYTE });
    checkLarge(`${target}/large`);
    assert.equal(sizeBytes, 9 * GIGABYTE);
    assert.equal(await threads.run({ kind: 'measure', root: target }), sizeBytes);
    fs.mkdirSync(`${base}/again`);
    const packed = Buffer.concat((await packStream(threads, target).toArray()) as Buffer[]);
    await unpack(base, packed, { root: `${base}/again` });
    checkLarge(`${base}/again/large`);
  });
}

function checkLarge(path: string): void {
  const { size, blocks } = fs.statSync(path);
  assert.equal(size, 9 * GIGABYTE);
  assert.ok(blocks < 1000);
  const file = fs.openSync(path, 'r');
  const read = Buffer.alloc(8);
  fs.readSync(file, read, 0, 8, 8.5 * GIGABYTE);
  fs.closeSync(file);
  assert.equal(read.toString(), 'far away');
}

test('a file of 9 GiB that is not sparse is announced in all the ways there are', async t => {
  const { base } = scratch(t);
  for (const size of [9 * GIGABYTE, 8 * GIGABYTE - 1]) {
    const header = encodeTarEntry(tarEntry({ path: 'large', size }));
    await assert.rejects(unpack(base, header), /unexpected EOF/);
    await assert.rejects(unpack(base, gnuSize(size)), /unexpected EOF/);
  }
  await unpack(base, gnuSize(0));
});

/** A header with its size in GNU's binary form. */
function gnuSize(size: number): Buffer {
  const header = encodeTarEntry(tarEntry({ path: 'large' }));
  header.fill(0, 124, 136);
  header.writeBigUInt64BE(BigInt(size), 128);
  header[124] = 0x80;
  return withChecksum(header);
}

function withChecksum(header: Buffer): Buffer {
  header.fill(' ', 148, 156);
  const sum = header.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

test('a time that no computer knows is an error of the archive', async t => {
  const { base } = scratch(t);
  const header = encodeTarEntry(tarEntry({ path: 'f' }));
  header.fill(0x7f, 136, 148);
  header[136] = 0x80;
  await assert.rejects(unpack(base, withChecksum(header)), { kind: 'invalid-parameter' });
});

for (const whiteouts of ['overlay', 'apply'] as const) {
  // What took a time that grew with the square of it: hours for a million.
  test(`30000 entries that replace and hide one another are unpacked (${whiteouts})`, async t => {
    const { base, target } = scratch(t, fs.existsSync('/dev/shm') ? '/dev/shm' : undefined);
    const entries: Given[] = [];
    for (let index = 0; index < 10_000; index++)
      entries.push({ path: `d${index % 100}/sub${index}`, type: 'directory' });
    for (let index = 0; index < 10_000; index++) entries.push({ path: 'same' });
    for (let index = 0; index < 10_000; index++) entries.push({ path: `.wh.hidden${index}` });
    const { entryCount } = await unpack(base, entries, { whiteouts });
    assert.equal(entryCount, 30_000);
    assert.equal(fs.readdirSync(`${target}/d7`).length, 100);
    assert.equal(fs.existsSync(`${target}/same`), true);
  });
}

test('a whiteout leaves alone what its own layer has made twice', async t => {
  const { base, target } = scratch(t);
  fs.writeFileSync(`${target}/f`, 'lower');
  const own = { path: 'f', data: 'own' };
  await unpack(base, [own, own, { path: '.wh.f' }], { whiteouts: 'apply' });
  assert.equal(fs.readFileSync(`${target}/f`, 'utf8'), 'own');
});

test('the size of a layer counts its own files only, also those that replace others', async t => {
  const { base, target } = scratch(t);
  fs.writeFileSync(`${target}/lower`, 'x'.repeat(1000));
  const entries = [
    { path: 'lower', data: 'new' },
    { path: 'twice', data: 'first' },
    { path: 'twice', data: 'second' },
  ];
  const { sizeBytes } = await unpack(base, entries, { whiteouts: 'apply' });
  assert.equal(sizeBytes, 'new'.length + 'second'.length);
});

test('every damage to an archive is an error or does no harm', async t => {
  const { base, target } = scratch(t);
  fs.writeFileSync(`${base}/outside`, 'untouched');
  const whole = archiveOf([
    { path: 'd/', type: 'directory' },
    { path: `${'long/'.repeat(30)}f`, data: 'x'.repeat(700) },
    { path: 'd/link', type: 'symlink', linkPath: '../../outside' },
    { path: 'd/link/f', data: 'y' },
    { path: 'hard', type: 'hardlink', linkPath: 'd/link' },
    { path: 'x', data: 'z', mtimeNs: 123_456_789n, xattrs: new Map([['user.x', Buffer.from('v')]]) },
    { path: '.wh.d' },
    { path: 'd/.wh..wh..opq' },
  ]);
  const random = randomNumbers(20_261_127);
  for (let round = 0; round < 150; round++) {
    const archive = Buffer.from(whole);
    for (let count = 0; count <= round % 3; count++) damage(archive, random);
    const whiteouts = round % 2 === 0 ? 'overlay' : 'apply';
    try {
      await unpack(base, archive, { whiteouts, maximumBytes: MEGABYTE });
    } catch (error) {
      assert.ok(
        error instanceof EngineError && /^(invalid-parameter|system)$/.test(error.kind),
        String(error),
      );
      assert.doesNotMatch(error.message, /TypeError|RangeError|undefined|out of range/);
    }
    assert.equal(fs.readFileSync(`${base}/outside`, 'utf8'), 'untouched');
    assert.deepEqual(fs.readdirSync(base).sort(), ['archive', 'outside', 'target']);
    fs.rmSync(target, { recursive: true });
    fs.mkdirSync(target);
  }
});

/** Changes a byte, and, mostly, the checksum with it, so that it is not all that is looked at. */
function damage(archive: Buffer, random: () => number): void {
  const block = random() % (archive.length / 512);
  const header = archive.subarray(block * 512, block * 512 + 512);
  header[random() % 512] = random() % 256;
  if (random() % 8 > 0) withChecksum(header);
}

/** The same numbers every time (xorshift). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

test('a layer that unpacks to more than the disk has is stopped before', {
  skip: whyNot(SMALL_DISK),
}, async () => {
  const mounted = new MountedFileSystem(SMALL_DISK);
  const graph = await openGraph({ root: `${mounted.directory}/graph` });
  try {
    const layer = archiveOf([{ path: 'zeros', data: Buffer.alloc(80 * MEGABYTE) }]);
    await assert.rejects(load(graph, layer), /unpacks to more than \d+ bytes/);
    assert.deepEqual(await graph.list(), []);
    await load(graph, archiveOf([{ path: 'zeros', data: Buffer.alloc(8 * MEGABYTE) }]));
    assert.equal((await graph.list()).length, 1);
  } finally {
    await graph.close();
    mounted.dispose();
  }
});

/** Loads an image of one layer, compressed. */
function load(graph: Awaited<ReturnType<typeof openGraph>>, layer: Buffer): Promise<unknown> {
  const config = JSON.stringify({
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
  });
  const manifest = [{ Config: 'config.json', RepoTags: ['bomb:latest'], Layers: ['layer.tar.gz'] }];
  const archive = archiveOf([
    { path: 'config.json', data: config },
    { path: 'layer.tar.gz', data: gzipSync(layer) },
    { path: 'manifest.json', data: JSON.stringify(manifest) },
  ]);
  return graph.load(Readable.from([archive]), () => undefined);
}

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type Digest, digestOf, hexOf } from '../src/base/digest.ts';
import type { Graph } from '../src/graph/graph.ts';
import { openGraph } from '../src/graph/open-graph.ts';
import { imageOf, randomFiles, tarOf, type TestImage } from './fixtures/image-archive.ts';

const REMOVE = { force: true, noPrune: false, usersOf: () => [] };

type Opened = { graph: Graph; root: string };

async function open(t: TestContext, storageDriver?: string): Promise<Opened> {
  const root = fs.mkdtempSync(`${tmpdir()}/slipway-discard-`);
  const graph = await openGraph({ root, storageDriver, discardBlobs: true });
  t.after(async () => {
    await graph.close();
    fs.rmSync(root, { recursive: true, force: true });
  });
  return { graph, root };
}

/** What is wrong, once all that can be discarded is. */
async function problems(graph: Graph): Promise<string[]> {
  const { findings } = await graph.check({ repair: false, layers: true });
  return findings.map(({ kind, subject, images }) => [kind, subject, ...images].join(' '));
}

function isStored({ root }: Opened, digest: Digest): boolean {
  return fs.existsSync(`${root}/content/blobs/sha256/${hexOf(digest)}`);
}

async function contentOf(graph: Graph, digest: Digest): Promise<Buffer> {
  const fd = await graph.content.open(digest);
  try {
    return fs.readFileSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

async function load({ graph }: Opened, image: TestImage): Promise<void> {
  await graph.load(Readable.from([image.archive]), () => undefined);
  assert.deepEqual(await problems(graph), []);
}

/** All that makes a tar of this tree hard to repeat. */
function oddTar(t: TestContext): Buffer {
  const tree = fs.mkdtempSync(`${tmpdir()}/slipway-odd-`);
  t.after(() => fs.rmSync(tree, { recursive: true, force: true }));
  fs.writeFileSync(`${tree}/file`, randomBytes(100_000));
  fs.linkSync(`${tree}/file`, `${tree}/link`);
  fs.symlinkSync('file', `${tree}/symlink`);
  fs.writeFileSync(`${tree}/${'long-name-'.repeat(20)}`, 'long');
  fs.mkdirSync(`${tree}/directory`);
  fs.writeFileSync(Buffer.from(`${tree}/directory/caf\xe9`, 'latin1'), randomBytes(5000));
  fs.writeFileSync(`${tree}/empty`, '');
  fs.writeFileSync(`${tree}/sparse`, '');
  fs.truncateSync(`${tree}/sparse`, 10_000_000);
  fs.writeFileSync(`${tree}/.wh.gone`, 'content of a whiteout');
  execFileSync('tar', ['-C', tree, '-Scf', `${tree}.tar`, '--format=pax', '.']);
  // The same path once more, with other content: only the last is in the unpacked tree.
  fs.writeFileSync(`${tree}/file`, randomBytes(70_000));
  execFileSync('tar', ['-C', tree, '-rf', `${tree}.tar`, '--format=gnu', './file']);
  const tar = Buffer.concat([fs.readFileSync(`${tree}.tar`), Buffer.from('bytes after the end')]);
  fs.rmSync(`${tree}.tar`);
  return tar;
}

for (const driver of ['overlay2', 'vfs'])
  test(`${driver}: uncompressed layers are discarded, and rebuilt byte for byte when they are read`, async t => {
    const opened = await open(t, driver);
    const { graph, root } = opened;
    const image = imageOf('a:latest', [oddTar(t), tarOf(randomFiles('etc', 30, 4000))]);
    await load(opened, image);
    for (const [index, digest] of image.blobs.entries()) {
      assert.equal(isStored(opened, digest), false);
      assert.equal(graph.content.has(digest), true);
      assert.equal(graph.content.sizeOf(digest), image.layers[index]?.length);
      assert.deepEqual(await contentOf(graph, digest), image.layers[index]);
    }
    const { discarded } = await graph.diskUsage();
    assert.equal(discarded.count, 2);
    assert.equal(
      discarded.blobBytes,
      image.layers.reduce((sum, layer) => sum + layer.length, 0),
    );
    assert.ok(
      discarded.recipeBytes < 140_000,
      `${discarded.recipeBytes}: the one file that was replaced, and little more`,
    );
    const saved = await buffer(await graph.save(['a:latest']));
    await graph.close();
    const again = await openGraph({ root, discardBlobs: false });
    t.after(() => again.close());
    assert.equal(digestOf(await buffer(await again.save(['a:latest']))), digestOf(saved));
    await again.remove('a:latest', REMOVE);
    for (const directory of ['blobs', 'recipes'])
      assert.deepEqual(fs.readdirSync(`${root}/content/${directory}/sha256`), []);
    assert.deepEqual(await problems(again), []);
  });

test('usage is told of content whose recipe is damaged, and of layers and directories that were removed by hand', async t => {
  const opened = await open(t);
  const { graph, root } = opened;
  const image = imageOf('a:latest', [tarOf(randomFiles('etc', 3, 4000))]);
  await load(opened, image);
  const recipes = `${root}/content/recipes/sha256`;
  for (const name of fs.readdirSync(recipes)) fs.writeFileSync(`${recipes}/${name}`, 'damaged');
  for (const name of fs.readdirSync(`${root}/overlay2`).filter(entry => /^[0-9a-f]{64}$/.test(entry)))
    fs.rmSync(`${root}/overlay2/${name}`, { recursive: true });
  const { count, blobBytes } = (await graph.diskUsage()).discarded;
  assert.deepEqual({ count, blobBytes }, { count: 1, blobBytes: 0 });
  fs.rmSync(`${root}/content`, { recursive: true });
  assert.equal((await graph.diskUsage()).totalBytes, 0);
});

test('gzip layers are discarded when a compressor is known that makes the same bytes, and kept otherwise', async t => {
  const opened = await open(t);
  const tars = Array.from({ length: 4 }, (_, index) =>
    tarOf([
      ...randomFiles(`random-${index}`, 3, 100_000),
      [
        `text-${index}`,
        Buffer.from(Array.from({ length: 90_000 }, (_, line) => `line ${line * index}\n`).join('')),
      ],
    ]),
  ) as [Buffer, Buffer, Buffer, Buffer];
  const layers = [
    execFileSync('gzip', ['-c9'], { input: tars[0], maxBuffer: 1 << 26 }),
    gzipSync(tars[1], { level: 3, memLevel: 9 }),
    // No check looks for this.
    gzipSync(tars[2], { memLevel: 5 }),
    // Two members, as parallel compressors make them.
    Buffer.concat([gzipSync(tars[3].subarray(0, 100_000)), gzipSync(tars[3].subarray(100_000))]),
  ];
  const image = imageOf(
    'a:latest',
    layers,
    tars.map(tar => digestOf(tar)),
  );
  await load(opened, image);
  assert.deepEqual(
    image.blobs.map(digest => isStored(opened, digest)),
    [false, false, true, true],
  );
  for (const [index, digest] of image.blobs.entries())
    assert.deepEqual(await contentOf(opened.graph, digest), layers[index]);
});

test('content that cannot be rebuilt any more is found, with the images that it breaks', async t => {
  const opened = await open(t);
  const { graph, root } = opened;
  const image = imageOf('a:latest', [tarOf(randomFiles('etc', 3, 4000))]);
  await load(opened, image);
  const [digest] = image.blobs as [Digest];
  const [chainId] = (await graph.resolve('a')).chainIds as [Digest];
  const file = `${root}/overlay2/${hexOf(chainId)}/diff/etc/1`;
  const before = fs.readFileSync(file);
  fs.writeFileSync(file, Buffer.alloc(4000));
  assert.deepEqual(await problems(graph), [`unrebuildable-content ${digest} a:latest`]);
  await assert.rejects(contentOf(graph, digest), { kind: 'data-loss' });
  const repairing = await graph.check({ repair: true, layers: false });
  assert.deepEqual(
    repairing.findings.map(({ repaired }) => repaired),
    [false],
  );
  fs.writeFileSync(file, before);
  assert.deepEqual(await contentOf(graph, digest), image.layers[0]);
  // Loading it again brings the blob itself.
  fs.writeFileSync(file, Buffer.alloc(4000));
  await graph.load(Readable.from([image.archive]), () => undefined);
  assert.deepEqual(await contentOf(graph, digest), image.layers[0]);
});

test('a layer stays as long as the bytes of another image depend on it', async t => {
  const opened = await open(t);
  const { graph } = opened;
  const shared = tarOf(randomFiles('shared', 5, 4000));
  const first = imageOf('first:latest', [tarOf(randomFiles('below', 2, 100)), shared]);
  const second = imageOf('second:latest', [shared]);
  await load(opened, first);
  await load(opened, second);
  await graph.remove('first:latest', REMOVE);
  assert.deepEqual(await contentOf(graph, digestOf(shared)), shared);
  assert.deepEqual(await problems(graph), []);
  const saving = await graph.save(['second:latest']);
  await graph.remove('second:latest', REMOVE);
  assert.ok((await buffer(saving)).includes(shared), 'what is being saved stays until the end');
  assert.deepEqual(await problems(graph), []);
  assert.equal((await graph.diskUsage()).totalBytes, 0);
});

test('after a change of the storage driver, content is rebuilt from the layers of the former one', async t => {
  const { graph, root } = await open(t, 'overlay2');
  const image = imageOf('a:latest', [tarOf(randomFiles('etc', 30, 4000))]);
  await load({ graph, root }, image);
  await graph.close();
  const other = await openGraph({ root, storageDriver: 'vfs' });
  t.after(() => other.close());
  const layer = await other.createContainerLayer('c', image.id);
  assert.equal((await layer.readFile('/etc/7'))?.length, 4000);
  assert.deepEqual(await problems(other), []);
});

import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { type Digest, hexOf } from '../src/base/digest.ts';
import type { CheckOptions } from '../src/graph/operations/check/check-report.ts';
import type { Graph } from '../src/graph/graph.ts';
import { openGraph } from '../src/graph/open-graph.ts';
import { gzipImageOf, imageOf, randomFiles, tarOf, type TestImage } from './fixtures/image-archive.ts';

const TARS = [0, 1].map(layer => tarOf(randomFiles(`layer-${layer}`, 20, 3000)));

type Opened = { graph: Graph; root: string; image: TestImage };

async function open(t: TestContext, image: TestImage, storageDriver?: string): Promise<Opened> {
  const root = fs.mkdtempSync(`${tmpdir()}/slipway-check-`);
  const graph = await openGraph({ root, storageDriver });
  t.after(async () => {
    await graph.close();
    fs.rmSync(root, { recursive: true, force: true });
  });
  await graph.load(Readable.from([image.archive]), () => undefined);
  assert.deepEqual(await findings(graph, { layers: true }), []);
  return { graph, root, image };
}

/** `kind subject images repaired` */
async function findings(graph: Graph, options: Partial<CheckOptions> = {}): Promise<string[]> {
  const report = await graph.check({ repair: false, layers: false, ...options });
  return report.findings.map(({ kind, subject, images, repaired }) =>
    [kind, subject, ...images, ...(repaired ? ['repaired'] : [])].join(' '),
  );
}

function blobPath(root: string, digest: Digest): string {
  return `${root}/content/blobs/sha256/${hexOf(digest)}`;
}

/** Flips one bit in the middle of a file, or at a place of it. */
function flip(path: string, at = fs.statSync(path).size >> 1): void {
  const data = fs.readFileSync(path);
  data[at] = (data[at] as number) ^ 1;
  fs.writeFileSync(path, data);
}

async function isWhole(graph: Graph, name: string): Promise<void> {
  for await (const chunk of await graph.save([name])) assert.ok(chunk.length > 0);
  assert.deepEqual(await findings(graph, { layers: true }), []);
}

test('a flipped bit in an uncompressed layer is found, and repaired from the unpacked files', async t => {
  const { graph, root, image } = await open(t, imageOf('a:latest', TARS));
  const [digest] = image.blobs as [Digest];
  flip(blobPath(root, digest), 2000);
  assert.deepEqual(await findings(graph), [`damaged-content ${digest} a:latest`]);
  assert.deepEqual(await findings(graph, { repair: true }), [`damaged-content ${digest} a:latest repaired`]);
  await isWhole(graph, 'a:latest');
});

test('a damaged header of an uncompressed layer breaks the image, until it is loaded again', async t => {
  const { graph, root, image } = await open(t, imageOf('a:latest', TARS));
  const [digest] = image.blobs as [Digest];
  // The owner: the checksum of the header does not fit any more.
  flip(blobPath(root, digest), 110);
  assert.deepEqual(await findings(graph, { repair: true }), [`damaged-content ${digest} a:latest`]);
  assert.deepEqual(await findings(graph), [`missing-content ${digest} a:latest`]);
  await assert.rejects(async () => {
    for await (const chunk of await graph.save(['a:latest'])) assert.ok(chunk);
  }, /not found/);
  await graph.load(Readable.from([image.archive]), () => undefined);
  assert.equal((await findings(graph, { repair: true })).length, 1, 'the damaged bytes are left over');
  await isWhole(graph, 'a:latest');
});

test('a flipped bit in a compressed layer breaks its images, by name, and no others', async t => {
  const { graph, root, image } = await open(t, gzipImageOf('a:latest', TARS));
  await graph.tag('a:latest', 'also:a');
  const other = imageOf('b:latest', [tarOf(randomFiles('other', 3, 100))]);
  await graph.load(Readable.from([other.archive]), () => undefined);
  const [, digest] = image.blobs as [Digest, Digest];
  flip(blobPath(root, digest));
  assert.deepEqual(await findings(graph), [`damaged-content ${digest} a:latest also:a`]);
});

for (const what of ['configuration', 'manifest'] as const)
  for (const harm of ['flipped bit', 'missing file'] as const)
    test(`a ${harm} of a ${what} is repaired from the second copy, and a restart stands it`, async t => {
      const { graph, root, image } = await open(t, imageOf('a:latest', TARS));
      const digest = what === 'manifest' ? (await graph.resolve('a')).manifest : image.id;
      if (harm === 'flipped bit') flip(blobPath(root, digest));
      else fs.rmSync(blobPath(root, digest));
      await graph.close();
      const again = await openGraph({ root });
      t.after(() => again.close());
      assert.equal((await again.resolve('a')).id, image.id);
      const kind = harm === 'flipped bit' ? 'damaged-content' : 'missing-content';
      assert.deepEqual(await findings(again), [`${kind} ${digest} a:latest`]);
      assert.deepEqual(await findings(again, { repair: true }), [`${kind} ${digest} a:latest repaired`]);
      await isWhole(again, 'a:latest');
    });

for (const driver of ['overlay2', 'vfs'])
  test(`${driver}: a missing and a changed layer are unpacked again`, async t => {
    const { graph, root } = await open(t, gzipImageOf('a:latest', TARS), driver);
    const { chainIds } = await graph.resolve('a');
    const [bottom, top] = chainIds as [Digest, Digest];
    const pathOf = (id: Digest) =>
      driver === 'vfs' ? `${root}/vfs/layers/${hexOf(id)}` : `${root}/overlay2/${hexOf(id)}`;
    fs.rmSync(pathOf(top), { recursive: true });
    assert.deepEqual(await findings(graph), [`missing-layer ${top} a:latest`]);
    assert.deepEqual(await findings(graph, { repair: true }), [`missing-layer ${top} a:latest repaired`]);
    const file = `${pathOf(bottom)}${driver === 'vfs' ? '' : '/diff'}/layer-0/7`;
    const times = fs.statSync(file);
    flip(file);
    fs.utimesSync(file, times.atime, times.mtime);
    assert.deepEqual(await findings(graph), [], 'that is not looked for without being asked');
    assert.deepEqual(await findings(graph, { layers: true }), [`damaged-layer ${bottom} a:latest`]);
    fs.rmSync(file);
    fs.writeFileSync(`${file}.new`, 'x');
    const repairing = await graph.check({ repair: true, layers: true });
    assert.match(repairing.findings[0]?.detail ?? '', /layer-0\/7: missing/);
    assert.match(repairing.findings[0]?.detail ?? '', /layer-0\/7\.new: not of the layer/);
    await isWhole(graph, 'a:latest');
    const layer = await graph.createContainerLayer('c', (await graph.resolve('a')).id);
    assert.equal((await layer.readFile('/layer-0/7'))?.length, 3000);
  });

test('a layer below a running container is not replaced', async t => {
  const { graph, root, image } = await open(t, imageOf('a:latest', TARS));
  const [bottom] = (await graph.resolve('a')).chainIds as [Digest];
  await graph.createContainerLayer('c', image.id);
  fs.appendFileSync(`${root}/overlay2/${hexOf(bottom)}/diff/layer-0/1`, 'x');
  const isRunning = (id: string) => id === 'c';
  const report = await graph.check({ repair: true, layers: true, isRunning });
  assert.deepEqual(
    report.findings.map(({ kind, repaired }) => ({ kind, repaired })),
    [{ kind: 'damaged-layer', repaired: false }],
  );
  assert.match(report.findings[0]?.detail ?? '', /running container c uses it/);
});

test('what belongs to no image and no container is found, and removed by a repair; the rest stays', async t => {
  const { graph, root, image } = await open(t, imageOf('a:latest', TARS));
  const orphan = await graph.content.put(Buffer.from('an orphan'));
  const lease = graph.leases.create();
  const kept = await graph.content.put(Buffer.from('kept by a lease'));
  graph.leases.add(lease.id, { kind: 'content', digest: kept });
  const expired = graph.leases.create({ expiresAt: new Date(Date.now() + 60_000) });
  graph.leases.extend(expired.id, new Date(1));
  const unfinished = await graph.content.resume('a pull');
  unfinished.write(Buffer.from('so far'));
  const unknownFiles = [
    `${root}/content/blobs/sha256/garbage`,
    `${root}/content/recipes/sha256/garbage`,
    `${root}/content/ingest/garbage`,
    `${root}/overlay2/garbage`,
  ];
  for (const path of unknownFiles) fs.writeFileSync(path, 'garbage');
  const layer = `sha256:${'a'.repeat(64)}`;
  fs.mkdirSync(`${root}/overlay2/${hexOf(layer as Digest)}/diff`, { recursive: true });
  fs.writeFileSync(`${root}/overlay2/${hexOf(layer as Digest)}/link`, 'zz');
  for (const id of ['here', 'gone']) await graph.createContainerLayer(id, image.id);
  fs.mkdirSync(`${root}/overlay2/unknown/work`, { recursive: true });
  const options = { isContainer: (id: string) => id === 'here' };
  const expected = [
    ...unknownFiles.map(path => `unknown-file ${path}`),
    `stale-record ${expired.id}`,
    `orphaned-content ${orphan}`,
    'orphaned-container-layer gone',
    'orphaned-container-layer unknown',
    `orphaned-layer ${layer}`,
  ];
  assert.deepEqual(await findings(graph, options), expected);
  assert.deepEqual(
    await findings(graph, { ...options, repair: true }),
    expected.map(line => `${line} repaired`),
  );
  assert.deepEqual(await findings(graph, options), []);
  assert.ok(graph.content.has(kept));
  assert.equal(unfinished.sizeBytes, 6);
  await graph.openContainerLayer('here');
  graph.leases.delete(lease.id);
  assert.ok(!graph.content.has(kept));
});

test('a lease keeps a layer and all below it when the image goes', async t => {
  const { graph, image } = await open(t, imageOf('a:latest', TARS));
  const { chainIds } = await graph.resolve('a');
  const { id } = graph.leases.create();
  graph.leases.add(id, { kind: 'layer', digest: chainIds.at(-1) as Digest });
  const options = { force: true, noPrune: false, usersOf: () => [] };
  assert.equal((await graph.remove('a', options)).length, 2, 'untagged, and the image; no layers');
  assert.deepEqual(await findings(graph), []);
  assert.ok(!graph.content.has(image.id));
  graph.leases.delete(id);
  const usage = await graph.diskUsage();
  assert.equal(usage.totalBytes, 0);
  const report = await graph.check({ repair: false, layers: false });
  assert.deepEqual(report, { blobs: 0, blobBytes: 0, layers: 0, containerLayers: 0, findings: [] });
});

test('progress is told, and a check while an image is loaded finds nothing', async t => {
  const { graph } = await open(t, imageOf('a:latest', TARS));
  const other = imageOf('b:latest', [tarOf(randomFiles('b', 500, 20_000))]);
  const loading = { isOver: false };
  const loaded = graph
    .load(Readable.from([other.archive]), () => undefined)
    .finally(() => {
      loading.isOver = true;
    });
  const reports: number[] = [];
  const progress = ({ current }: { current: number }) => void reports.push(current);
  while (!loading.isOver) assert.deepEqual(await findings(graph, { repair: true, progress }), []);
  await loaded;
  assert.ok(reports.length > 0);
  await isWhole(graph, 'b:latest');
});

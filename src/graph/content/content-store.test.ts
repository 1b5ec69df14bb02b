import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { type TestContext, test } from 'node:test';
import { digestOf, hexOf } from '../../base/digest.ts';
import { ContentStore } from './content-store.ts';

function openStore(t: TestContext): { root: string; open: () => ContentStore } {
  const root = fs.mkdtempSync(`${tmpdir()}/slipway-content-`);
  t.after(() => fs.rmSync(root, { recursive: true, force: true }));
  const rebuild = () => Promise.reject(new Error('nothing is discarded here'));
  return { root, open: () => new ContentStore(root, rebuild) };
}

const DATA = Buffer.from('some content, in two parts');
const DIGEST = digestOf(DATA);

test('an ingest goes on after a crash where it was', async t => {
  const { root, open } = openStore(t);
  const first = await open().resume('pull of layer 1');
  first.write(DATA.subarray(0, 10));
  // The process dies here: nothing is closed.
  const store = open();
  assert.deepEqual(
    store.unfinished().map(({ ref, sizeBytes }) => ({ ref, sizeBytes })),
    [{ ref: 'pull of layer 1', sizeBytes: 10 }],
  );
  const second = await store.resume('pull of layer 1');
  assert.equal(second.sizeBytes, 10);
  second.write(DATA.subarray(10));
  await second.commit({ digest: DIGEST, sizeBytes: DATA.length });
  second.discard();
  assert.deepEqual(store.read(DIGEST), DATA);
  assert.deepEqual(store.unfinished(), []);
  assert.deepEqual(fs.readdirSync(`${root}/ingest`), []);
});

test('a closed ingest goes on in the same process; one that is open cannot be opened again', async t => {
  const store = openStore(t).open();
  const first = await store.resume('a');
  await assert.rejects(store.resume('a'), { kind: 'conflict' });
  first.write(DATA);
  first.close();
  const second = await store.resume('a');
  assert.equal(second.digest, DIGEST);
  second.discard();
  assert.equal((await store.resume('a')).sizeBytes, 0);
});

test('an ingest can start over', async t => {
  const store = openStore(t).open();
  const ingest = await store.resume('a');
  ingest.write(Buffer.from('wrong'));
  ingest.truncate();
  ingest.write(DATA);
  await ingest.commit({ digest: DIGEST });
  ingest.discard();
  assert.deepEqual(store.read(DIGEST), DATA);
});

test('content of another digest or size never gets into the store', async t => {
  const { root, open } = openStore(t);
  const store = open();
  for (const expected of [{ digest: digestOf('other') }, { sizeBytes: 1 }]) {
    const ingest = await store.resume('a');
    ingest.write(DATA);
    await assert.rejects(ingest.commit(expected), { kind: 'data-loss' });
    ingest.discard();
  }
  assert.equal(store.has(DIGEST), false);
  assert.deepEqual(store.digests(), []);
  assert.deepEqual(fs.readdirSync(`${root}/ingest`), []);
});

test('abandoned ingests are removed: plain ones at once, named ones after a day', async t => {
  const { root, open } = openStore(t);
  const store = open();
  store.ingest().write(DATA);
  for (const ref of ['fresh', 'stale']) (await store.resume(ref)).write(DATA);
  const yesterday = new Date(Date.now() - 25 * 3600 * 1000);
  fs.utimesSync(`${root}/ingest/ref-${hexOf(digestOf('stale'))}`, yesterday, yesterday);
  assert.deepEqual(
    open()
      .unfinished()
      .map(({ ref }) => ref),
    ['fresh'],
  );
  assert.equal(fs.readdirSync(`${root}/ingest`).length, 2);
});

test('content that was set aside is missing until it comes again', async t => {
  const { root, open } = openStore(t);
  const store = open();
  await store.put(DATA);
  fs.writeFileSync(store.pathOf(DIGEST), 'damaged');
  assert.throws(() => store.read(DIGEST), { kind: 'data-loss' });
  store.setAside(DIGEST);
  assert.equal(store.has(DIGEST), false);
  assert.deepEqual(store.unknownFiles(), []);
  await store.put(DATA);
  assert.deepEqual(store.read(DIGEST), DATA);
  assert.deepEqual(store.unknownFiles(), [`${root}/blobs/sha256/${hexOf(DIGEST)}.damaged`]);
  store.remove(DIGEST);
  assert.deepEqual(fs.readdirSync(`${root}/blobs/sha256`), []);
});

test('an open descriptor outlives the removal of its content', async t => {
  const store = openStore(t).open();
  await store.put(DATA);
  const fd = await store.open(DIGEST);
  store.remove(DIGEST);
  assert.deepEqual(fs.readFileSync(fd), DATA);
  fs.closeSync(fd);
  await assert.rejects(store.open(DIGEST), { kind: 'not-found' });
  assert.throws(() => store.sizeOf(DIGEST), { kind: 'not-found' });
});

test('removed directories count as empty, and are made again when content is written', async t => {
  const { root, open } = openStore(t);
  const store = open();
  await store.put(DATA);
  for (const directory of fs.readdirSync(root)) fs.rmSync(`${root}/${directory}`, { recursive: true });
  assert.equal(store.diskBytesOfAll()(DIGEST), 0);
  assert.deepEqual([store.digests(), store.discarded(), store.unknownFiles()], [[], [], []]);
  assert.deepEqual(store.unfinished(), []);
  await store.put(DATA);
  assert.deepEqual(store.read(DIGEST), DATA);
  fs.rmSync(root, { recursive: true });
  store.writeIndex({ schemaVersion: 2, manifests: [] });
  const ingest = await store.resume('pull of layer 1');
  ingest.write(DATA);
  await ingest.commit({ digest: DIGEST });
  ingest.discard();
  assert.deepEqual(store.digests(), [DIGEST]);
});

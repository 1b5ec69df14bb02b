import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { GrowthWriter, newGrowth } from '../src/archive/growth.ts';
import { tarEntry } from '../src/archive/tar/tar-entry.ts';
import { encodeTarEntry, TAR_END, tarPadding } from '../src/archive/tar/tar-writer.ts';
import { RootedThreads } from '../src/archive/rooted/rooted-threads.ts';
import { socketPair } from '../src/kernel/socket-pair.ts';
import { until } from '../src/base/testing/until.ts';

test('a job of a request does not queue behind removals', async t => {
  const root = fs.mkdtempSync(`${tmpdir()}/slipway-threads-`);
  const threads = await RootedThreads.open();
  t.after(async () => {
    await threads.close();
    fs.rmSync(root, { recursive: true, force: true });
  });
  const names = Array.from({ length: 60 }, (_, index) => `tree${index}`);
  for (const name of names) {
    fs.mkdirSync(`${root}/${name}`);
    for (let file = 0; file < 200; file++) fs.writeFileSync(`${root}/${name}/${file}`, '');
  }
  fs.mkdirSync(`${root}/kept`);
  const done: string[] = [];
  const removals = names.map(async name => {
    await threads.run({ kind: 'remove', root, name });
    done.push(name);
  });
  await threads.run({ kind: 'measure', root: `${root}/kept` });
  assert.ok(done.length < names.length / 2, `${done.length} removals came first`);
  await Promise.all(removals);
  assert.deepEqual(fs.readdirSync(root), ['kept']);
});

test('jobs whose other end is idle take no turn from those that can go on', async t => {
  const root = fs.mkdtempSync(`${tmpdir()}/slipway-threads-`);
  const threads = await RootedThreads.open();
  const pairs = Array.from({ length: 10 }, () => socketPair());
  t.after(async () => {
    await threads.close();
    fs.rmSync(root, { recursive: true, force: true });
  });
  fs.writeFileSync(`${root}/big`, Buffer.alloc(4 * 1024 * 1024, 1));
  // Threads are there and idle when the first one comes.
  await Promise.all(pairs.map(() => threads.run({ kind: 'measure', root })));
  const stuck = pairs.map(([, outputFd]) => threads.run({ kind: 'pack', root, outputFd }));
  const outcomes = Promise.allSettled(stuck);
  try {
    assert.equal(await threads.run({ kind: 'measure', root }), 4 * 1024 * 1024);
  } finally {
    for (const [own] of pairs) fs.closeSync(own);
  }
  assert.ok((await outcomes).every(({ status }) => status === 'rejected'));
  for (const [, outputFd] of pairs) fs.closeSync(outputFd);
});

test('an archive is unpacked while it is written', async t => {
  const root = fs.mkdtempSync(`${tmpdir()}/slipway-threads-`);
  const threads = await RootedThreads.open();
  const file = `${root}/archive.tar`;
  const archiveFd = fs.openSync(file, 'wx+');
  t.after(async () => {
    await threads.close();
    fs.closeSync(archiveFd);
    fs.rmSync(root, { recursive: true, force: true });
  });
  const data = 'x'.repeat(100_000);
  const header = encodeTarEntry(tarEntry({ path: 'f', size: data.length }));
  const archive = Buffer.concat([header, Buffer.from(data), tarPadding(data.length), TAR_END]);
  const unpack = async (name: string, write: (writer: GrowthWriter) => Promise<void>) => {
    fs.mkdirSync(`${root}/${name}`);
    const growth = newGrowth();
    const target = `${root}/${name}`;
    const job = { archiveFd, compression: 'none', growth, hashes: false, whiteouts: 'overlay' } as const;
    const unpacked = threads.run({ kind: 'unpack', root: target, ...job });
    await write(new GrowthWriter(growth));
    return unpacked;
  };
  const result = await unpack('whole', async writer => {
    for (let done = 0; done < archive.length; done += 30_000) {
      writer.grow(fs.writeSync(archiveFd, archive.subarray(done, done + 30_000), 0, null, done));
      await delay(5);
    }
    await until(() => fs.existsSync(`${root}/whole/f`));
    writer.finish();
  });
  assert.equal(result.entryCount, 1);
  assert.equal(fs.readFileSync(`${root}/whole/f`, 'latin1'), data);
  const given = unpack('abandoned', async writer => {
    writer.grow(50_000);
    writer.abandon();
  });
  await assert.rejects(given, /given up/);
});

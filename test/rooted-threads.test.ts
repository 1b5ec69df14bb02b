import assert from 'node:assert/strict';
import { closeSync, read, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { RootedThreads } from '../src/archive/rooted/rooted-threads.ts';
import { socketPair } from '../src/kernel/socket-pair.ts';

const openDescriptors = () => readdirSync('/proc/self/fd').length;

const readSome = promisify(read);

/** Until no more descriptors are open than that: a worker's own are closed a little after its end. */
async function settled(expected: number): Promise<void> {
  for (let attempt = 0; openDescriptors() > expected && attempt < 100; attempt++) await delay(20);
  assert.equal(openDescriptors(), expected);
}

test('a thread that ends because it has nothing to do is given nothing to do', async () => {
  const threads = await RootedThreads.open(1);
  try {
    // Jobs come just when the thread has had enough of waiting.
    for (let round = 0; round < 15; round++) {
      assert.equal((await threads.run({ kind: 'measure', root: '/proc/sys/fs/mqueue' })) >= 0, true);
      await delay(round % 4);
    }
  } finally {
    await threads.close();
  }
});

test('threads that end leave no descriptor, whether they were idle or at work', async () => {
  const threads = await RootedThreads.open(1);
  const idle = openDescriptors();
  const view = (path: string) => ({
    root: { kind: 'directory' as const, path },
    uncovered: [],
    mounts: [],
    readonlyRoot: false,
  });
  for (let round = 0; round < 10; round++) {
    await threads.run({ kind: 'measure', root: '/proc/sys/fs/mqueue' });
    await threads.run({ kind: 'stat-path', view: view('/usr'), path: '/bin' });
    await assert.rejects(threads.run({ kind: 'stat-path', view: view('/usr'), path: '/never-there' }));
    await assert.rejects(threads.run({ kind: 'stat-path', view: view('/never-there'), path: '/' }));
    await assert.rejects(threads.run({ kind: 'copy', from: '/never-there', to: '/proc/sys/fs/mqueue' }));
    await delay(30);
  }
  await settled(idle);
  const pairs = Array.from({ length: 4 }, () => socketPair());
  const stuck = pairs.map(([, outputFd]) => threads.run({ kind: 'pack', root: '/usr/lib', outputFd }));
  const outcomes = Promise.allSettled(stuck);
  // All are at work.
  await Promise.all(pairs.map(([reader]) => readSome(reader, { buffer: Buffer.alloc(1) })));
  await threads.close();
  assert.ok((await outcomes).every(({ status }) => status === 'rejected'));
  for (const descriptor of pairs.flat()) closeSync(descriptor);
  // The one for all threads has gone, too.
  await settled(idle - 1);
});

test('jobs that wait for other processes are refused when there are too many, and others are done', async () => {
  const threads = await RootedThreads.open(60_000, 2);
  const pairs = Array.from({ length: 3 }, () => socketPair());
  const [one, two, three] = pairs.map(([, outputFd]) => ({
    kind: 'pack' as const,
    root: '/usr/lib',
    outputFd,
  }));
  const stuck = [threads.run(one!), threads.run(two!)].map(job => job.catch(() => 'ended'));
  await assert.rejects(threads.run(three!), { kind: 'unavailable' });
  assert.equal((await threads.run({ kind: 'measure', root: '/proc/sys/fs/mqueue' })) >= 0, true);
  closeSync(pairs[0]![0]);
  assert.equal(await stuck[0], 'ended');
  const next = threads.run(three!).catch(error => (error as Error).message);
  await threads.close();
  assert.doesNotMatch(String(await next), /too many/);
  await Promise.all(stuck);
  for (const descriptor of pairs.flat().slice(1)) closeSync(descriptor);
});

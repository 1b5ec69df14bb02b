import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { RootedThreads } from '../src/archive/rooted-threads.ts';

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

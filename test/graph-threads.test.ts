import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { RootedThreads } from '../src/archive/rooted-threads.ts';

test('a job that somebody waits for does not queue behind removals', async t => {
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

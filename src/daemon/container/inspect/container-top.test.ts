import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { TestDaemon } from '../../testing/test-daemon.ts';

test('of the programs that list processes only some run at once, however many clients ask', async t => {
  const engine = await TestDaemon.open(t);
  await engine.run('web');
  const directory = join(engine.directory, 'programs');
  mkdirSync(directory);
  const script = `#!/bin/sh
cd ${directory}
mkdir run.$$
ls -d run.* | wc -l >> counts
sleep 0.05
rmdir run.$$
echo "PID CMD"
echo "${process.pid} own"
`;
  writeFileSync(join(directory, 'ps'), script, { mode: 0o755 });
  const { PATH } = process.env;
  t.after(() => (process.env.PATH = PATH));
  process.env.PATH = `${directory}:${PATH}`;
  const tops = await Promise.all(
    Array.from({ length: 20 }, () => engine.backend.containerTop('web', '-eo pid,cmd')),
  );
  assert.deepEqual(
    tops.map(({ Processes }) => Processes),
    tops.map(() => [[String(process.pid), 'own']]),
  );
  const counts = readFileSync(join(directory, 'counts'), 'utf8').trim().split('\n').map(Number);
  assert.equal(counts.length, 20);
  assert.ok(Math.max(...counts) <= 4, `${Math.max(...counts)} ran at once`);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testHost } from '../../../test/fixtures/test-host.ts';
import type { CommandContext } from '../context.ts';
import { sortStats } from '../format/sort-stats.ts';
import { readKeys } from './stats-keys.ts';

function terminal() {
  const host = testHost();
  host.stdin.isTTY = true;
  host.stdout.isTTY = true;
  return { host, context: host as unknown as CommandContext };
}

const turn = () => new Promise(resolve => setImmediate(resolve));

test('keys choose the order, and end the view', async () => {
  const { host, context } = terminal();
  {
    using keys = await readKeys(context, '');
    assert.equal(keys.sort, '');
    host.stdin.write('xm');
    await turn();
    assert.equal(keys.sort, 'memory');
    assert.equal(keys.ended.aborted, false);
    host.stdin.write('q');
    await turn();
    assert.equal(keys.ended.aborted, true);
    assert.match(keys.frame('a\nb\n'), /^order by .*\r\na\r\nb\r\n$/);
  }
  assert.deepEqual(host.raw, { made: 1, restored: 1 });
});

test('rows that do not fit on the terminal are left out', async () => {
  const { host, context } = terminal();
  host.stdout.rows = 4;
  using keys = await readKeys(context, 'cpu');
  assert.equal(keys.frame('1\n2\n3\n4\n5\n').split('\r\n').length, 3);
});

test('entries are ordered by name or by a measure, those without numbers last', () => {
  const entry = (name: string, current?: number) => ({
    container: name,
    stats: current === undefined ? undefined : { name: `/${name}`, pids_stats: { current } },
  });
  const entries = [entry('b', 2), entry('a10', 1), entry('c'), entry('a9', 3)];
  const order = (by: string) => sortStats(entries, by).map(({ container }) => container);
  assert.deepEqual(order(''), ['b', 'a10', 'c', 'a9']);
  assert.deepEqual(order('pids'), ['a9', 'b', 'a10', 'c']);
  assert.equal(order('name').indexOf('a9') < order('name').indexOf('a10'), true);
});

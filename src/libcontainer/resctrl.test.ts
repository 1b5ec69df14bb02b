import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOperation } from './describe-operation.ts';
import { resctrlOperations } from './resctrl.ts';

function planOf(intelRdt: Record<string, unknown> | undefined): string[][] {
  const { make, join, cleanup } = resctrlOperations('id', { intelRdt });
  return [make, join, cleanup].map(operations => operations.map(describeOperation));
}

test('resctrl is left alone unless it is asked for', () => {
  assert.deepEqual(planOf(undefined), [[], [], []]);
});

test('a class of service is made under the container’s id, has what is asked for, and goes with it', () => {
  assert.deepEqual(
    planOf({ l3CacheSchema: 'L3:0=f\nMB:0=10', memBwSchema: 'MB:0=20', schemata: ['L2:0=3'] }),
    [
      [
        'mkdir(path="/sys/fs/resctrl/id", mode=0755)',
        'write(path="/sys/fs/resctrl/id/schemata", data="L3:0=f\\nMB:0=20\\nL2:0=3\\n")',
      ],
      ['join-child(path="/sys/fs/resctrl/id/tasks")'],
      ['rmdir(path="/sys/fs/resctrl/id")'],
    ],
  );
});

test('one that others share is joined, made only with what it is to be, and stays', () => {
  assert.deepEqual(planOf({ closID: 'shared' }), [
    [],
    ['join-child(path="/sys/fs/resctrl/shared/tasks")'],
    [],
  ]);
  const [make, , cleanup] = planOf({ closID: 'shared', l3CacheSchema: 'L3:0=f' });
  assert.equal(make?.[0], 'mkdir(path="/sys/fs/resctrl/shared", mode=0755)');
  assert.deepEqual(cleanup, []);
  assert.throws(() => planOf({ closID: '../up' }), { kind: 'invalid-parameter' });
});

test('a container is monitored in a group of its own, below the class of service', () => {
  const group = '/sys/fs/resctrl/shared/mon_groups/id';
  assert.deepEqual(planOf({ closID: 'shared', enableMonitoring: true }), [
    [`mkdir(path="${group}", mode=0755)`],
    ['join-child(path="/sys/fs/resctrl/shared/tasks")', `join-child(path="${group}/tasks")`],
    [`rmdir(path="${group}")`],
  ]);
});

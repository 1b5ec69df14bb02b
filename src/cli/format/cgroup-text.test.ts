import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CgroupOverview } from '../../api/cgroups.ts';
import { containerCgroupText, containersTree, hierarchiesText } from './cgroup-text.ts';

const id = (letter: string) => letter.repeat(64);
const OVERVIEW: CgroupOverview = {
  Mode: 'hybrid',
  Hierarchies: [
    { Version: 1, MountPoint: '/sys/fs/cgroup/cpu', Controllers: ['cpu', 'cpuacct'] },
    { Version: 2, MountPoint: '/sys/fs/cgroup/unified', Controllers: [] },
  ],
  Missing: ['rdma', 'misc'],
  Containers: [
    { Id: id('a'), Name: 'web', Path: `/slipway/${id('a')}`, Processes: 1 },
    { Id: id('b'), Name: 'db', Path: `/slipway/${id('b')}`, Processes: 3 },
  ],
};

test('hierarchies are a table, with what is missing below', () => {
  assert.equal(
    hierarchiesText(OVERVIEW),
    'VERSION   CONTROLLERS   MOUNTED AT\n' +
      'v1        cpu cpuacct   /sys/fs/cgroup/cpu\n' +
      'v2        -             /sys/fs/cgroup/unified\n' +
      '\nLayout hybrid: no hierarchy has rdma, misc.\n',
  );
});

test('containers hang below their parents', () => {
  assert.equal(
    containersTree(OVERVIEW),
    '/\n└─ slipway\n   ├─ aaaaaaaaaaaa  web (1 process)\n   └─ bbbbbbbbbbbb  db (3 processes)\n',
  );
});

test('a container has its limits and processes in each hierarchy', () => {
  const text = containerCgroupText({
    Id: id('a'),
    Name: 'web',
    Places: [
      {
        Version: 2,
        Controllers: ['cpu'],
        Directory: '/sys/fs/cgroup/slipway/a',
        Limits: { 'cpu.max': '10000 100000' },
        Tree: {
          Name: 'a',
          Processes: [{ Pid: 7, Command: 'sh' }],
          Children: [{ Name: 'inner', Processes: [], Children: [] }],
        },
      },
    ],
  });
  assert.equal(
    text,
    'web (aaaaaaaaaaaa)\n\nv2 cpu\n  /sys/fs/cgroup/slipway/a\n    cpu.max   10000 100000\n  a/\n    7 sh\n    inner/\n',
  );
});

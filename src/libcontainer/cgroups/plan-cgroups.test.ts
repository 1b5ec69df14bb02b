import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resources } from '../../oci/runtime-spec.ts';
import { detectCgroupLayout } from '../../cgroups/layout.ts';
import { planCgroups } from './plan-cgroups.ts';

const HYBRID = {
  '/proc/self/mountinfo': [
    '31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755',
    '32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct',
    '34 31 0:31 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset',
    '35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory',
    '36 31 0:33 / /sys/fs/cgroup/devices rw - cgroup cgroup rw,devices',
    '40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd',
    '41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw',
  ].join('\n'),
  '/proc/self/cgroup':
    '5:name=systemd:/s\n4:devices:/\n3:memory:/user/me\n2:cpuset:/\n1:cpu,cpuacct:/\n0::/user/me\n',
  '/sys/fs/cgroup/unified/cgroup.controllers': 'hugetlb pids\n',
  '/sys/fs/cgroup/cpuset/cpuset.cpus': '0-3\n',
  '/sys/fs/cgroup/cpuset/cpuset.mems': '0\n',
};

const PURE_V2 = {
  '/proc/self/mountinfo': '28 22 0:25 / /sys/fs/cgroup rw - cgroup2 cgroup rw,nsdelegate',
  '/proc/self/cgroup': '0::/system.slice/slipway.service\n',
  '/sys/fs/cgroup/cgroup.controllers': 'cpuset cpu io memory hugetlb pids rdma misc\n',
  '/sys/fs/cgroup/cgroup.subtree_control': 'cpu memory pids\n',
};

function plan(files: Record<string, string>, cgroupsPath: string, resources?: Resources) {
  const read = (path: string) => files[path];
  return planCgroups({ layout: detectCgroupLayout(read), cgroupsPath, resources, read });
}

const lines = (operations: { op: string; path?: string; data?: string; optional?: boolean }[]) =>
  operations.map(({ op, path, data, optional }) =>
    [op, path, data, optional ? '(optional)' : undefined].filter(part => part !== undefined).join(' '),
  );

const deviceLines = (list: string[]) => list.filter(line => line.includes('/devices.'));
const otherLines = (list: string[]) => list.filter(line => !line.includes('/devices.'));

test('a hybrid layout is recognised, with co-mounted controllers and own cgroups', () => {
  const layout = detectCgroupLayout(path => (HYBRID as Record<string, string>)[path]);
  assert.equal(layout.mode, 'hybrid');
  assert.deepEqual(
    layout.v1.map(({ controllers, own }) => [controllers.join(), own]),
    [
      ['cpu,cpuacct', '/'],
      ['cpuset', '/'],
      ['memory', '/user/me'],
      ['devices', '/'],
      ['name=systemd', '/s'],
    ],
  );
  assert.deepEqual(layout.unified?.controllers, ['hugetlb', 'pids']);
});

test('where v2 has all controllers, a named hierarchy that is mounted beside it does not count', () => {
  const files: Record<string, string> = {
    ...PURE_V2,
    '/proc/self/mountinfo': `${PURE_V2['/proc/self/mountinfo']}\n40 31 0:37 / /mnt rw - cgroup cgroup rw,name=systemd`,
    '/proc/self/cgroup': `1:name=systemd:/\n${PURE_V2['/proc/self/cgroup']}`,
  };
  const { mode, v1 } = detectCgroupLayout(path => files[path]);
  assert.deepEqual([mode, v1], ['v2', []]);
});

test('without the rights for it a cgroup has no rules for devices, and everything else', () => {
  for (const files of [HYBRID, PURE_V2] as Record<string, string>[]) {
    const read = (path: string) => files[path];
    const given = { layout: detectCgroupLayout(read), cgroupsPath: '/c', read };
    const resources = { pids: { limit: 5 }, devices: [{ allow: false, access: 'rwm' }] };
    const isRule = (line: string) => /attach-device-program|devices\.(allow|deny)/.test(line);
    const complete = lines(planCgroups({ ...given, resources }).parent);
    assert.ok(complete.some(isRule));
    const without = lines(planCgroups({ ...given, resources, withoutDevices: true }).parent);
    assert.deepEqual(
      without,
      complete.filter(line => !isRule(line)),
    );
  }
});

test('on a hybrid layout the child joins each v1 hierarchy, and is born into the v2 one', () => {
  const { birthplace, parent, join, cloneInto, cleanup, paths } = plan(HYBRID, '/docker/x', {
    memory: { limit: 1000, swap: 2000 },
    cpu: { shares: 512 },
    pids: { limit: 7 },
  });
  assert.deepEqual(lines(birthplace), [
    'write /sys/fs/cgroup/unified/cgroup.subtree_control +pids',
    'try-write /sys/fs/cgroup/unified/cgroup.subtree_control +hugetlb',
    'mkdir /sys/fs/cgroup/unified/docker',
    'write /sys/fs/cgroup/unified/docker/cgroup.subtree_control +pids',
    'try-write /sys/fs/cgroup/unified/docker/cgroup.subtree_control +hugetlb',
    'mkdir /sys/fs/cgroup/unified/docker/x',
  ]);
  assert.deepEqual(otherLines(lines(parent)), [
    'mkdir /sys/fs/cgroup/cpu,cpuacct/docker/x',
    'mkdir /sys/fs/cgroup/cpuset/docker/x',
    'write /sys/fs/cgroup/cpuset/docker/cpuset.cpus 0-3',
    'write /sys/fs/cgroup/cpuset/docker/x/cpuset.cpus 0-3',
    'write /sys/fs/cgroup/cpuset/docker/cpuset.mems 0',
    'write /sys/fs/cgroup/cpuset/docker/x/cpuset.mems 0',
    'write /sys/fs/cgroup/cpuset/docker/cgroup.clone_children 1 (optional)',
    'mkdir /sys/fs/cgroup/memory/docker/x',
    'mkdir /sys/fs/cgroup/devices/docker/x',
    'mkdir /sys/fs/cgroup/systemd/docker/x',
    'write /sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes 1000',
    'write /sys/fs/cgroup/memory/docker/x/memory.memsw.limit_in_bytes 2000',
    'write /sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.shares 512',
    'write /sys/fs/cgroup/unified/docker/x/pids.max 7',
  ]);
  assert.deepEqual(deviceLines(lines(parent)).slice(0, 4), [
    'write /sys/fs/cgroup/devices/docker/x/devices.deny a',
    'write /sys/fs/cgroup/devices/docker/x/devices.allow c *:* m',
    'write /sys/fs/cgroup/devices/docker/x/devices.allow b *:* m',
    'write /sys/fs/cgroup/devices/docker/x/devices.allow c 1:3 rwm',
  ]);
  assert.deepEqual(lines(join), [
    'write /sys/fs/cgroup/cpu,cpuacct/docker/x/tasks 0',
    'write /sys/fs/cgroup/cpuset/docker/x/tasks 0',
    'write /sys/fs/cgroup/memory/docker/x/tasks 0',
    'write /sys/fs/cgroup/devices/docker/x/tasks 0',
    'write /sys/fs/cgroup/systemd/docker/x/tasks 0',
  ]);
  assert.equal(cloneInto, '/sys/fs/cgroup/unified/docker/x');
  assert.deepEqual(lines(cleanup), [
    'kill-cgroup /sys/fs/cgroup/unified/docker/x',
    'rmdir /sys/fs/cgroup/unified/docker/x',
    'rmdir /sys/fs/cgroup/cpu,cpuacct/docker/x',
    'rmdir /sys/fs/cgroup/cpuset/docker/x',
    'rmdir /sys/fs/cgroup/memory/docker/x',
    'rmdir /sys/fs/cgroup/devices/docker/x',
    'rmdir /sys/fs/cgroup/systemd/docker/x',
  ]);
  assert.equal(paths.v1.cpuacct, paths.v1.cpu);
});

test('a parent that has its CPUs already is not changed, and hands its own down', () => {
  const files = {
    ...HYBRID,
    '/sys/fs/cgroup/cpuset/docker/cpuset.cpus': '1\n',
    '/sys/fs/cgroup/cpuset/docker/cpuset.mems': '0\n',
  };
  const { parent } = plan(files, '/docker/x', { cpu: { cpus: '1' } });
  assert.deepEqual(
    lines(parent).filter(line => line.includes('cpuset.cpus')),
    ['write /sys/fs/cgroup/cpuset/docker/x/cpuset.cpus 1'],
  );
});

test('a parent that hands its CPUs down by itself leaves nothing to be read or written', () => {
  const files = {
    ...HYBRID,
    '/sys/fs/cgroup/cpuset/docker/cgroup.clone_children': '1\n',
    '/sys/fs/cgroup/cpuset/docker/cpuset.cpus': '1\n',
  };
  const { parent } = plan(files, '/docker/x', {});
  assert.deepEqual(
    lines(parent).filter(line => line.includes('/cpuset/')),
    ['mkdir /sys/fs/cgroup/cpuset/docker/x'],
  );
});

test('no processes at all are as few as the kernel can limit to', () => {
  for (const files of [HYBRID, PURE_V2]) {
    const { parent } = plan(files, '/docker/x', { pids: { limit: 0 } });
    assert.ok(lines(parent).some(line => line.endsWith('/docker/x/pids.max 1')));
  }
});

test('a pure v2 layout enables controllers down the path and converts the values', () => {
  const { birthplace, parent, join, cloneInto } = plan(PURE_V2, '/docker/x', {
    memory: { limit: 1000, swap: 1500, reservation: 500, swappiness: 10 },
    cpu: { shares: 1024, quota: 50_000, cpus: '0-1' },
    pids: { limit: -1 },
    blockIO: { weight: 10, throttleReadBpsDevice: [{ major: 8, minor: 0, rate: 99 }] },
    hugepageLimits: [{ pageSize: '2MB', limit: 4 }],
    unified: { 'memory.high': '900', 'misc.max': 'a 1\nb 2' },
  });
  assert.deepEqual(lines([...birthplace, ...parent]), [
    'write /sys/fs/cgroup/cgroup.subtree_control +cpuset +io +hugetlb +misc',
    'try-write /sys/fs/cgroup/cgroup.subtree_control +rdma',
    'mkdir /sys/fs/cgroup/docker',
    'write /sys/fs/cgroup/docker/cgroup.subtree_control +cpuset +cpu +io +memory +hugetlb +pids +misc',
    'try-write /sys/fs/cgroup/docker/cgroup.subtree_control +rdma',
    'mkdir /sys/fs/cgroup/docker/x',
    'write /sys/fs/cgroup/docker/x/memory.swap.max 500',
    'write /sys/fs/cgroup/docker/x/memory.max 1000',
    'write /sys/fs/cgroup/docker/x/memory.low 500',
    'write /sys/fs/cgroup/docker/x/cpu.weight 100',
    'write /sys/fs/cgroup/docker/x/cpu.max 50000 100000',
    'write /sys/fs/cgroup/docker/x/cpuset.cpus 0-1',
    'write /sys/fs/cgroup/docker/x/pids.max max',
    'write /sys/fs/cgroup/docker/x/io.bfq.weight 10 (optional)',
    'write /sys/fs/cgroup/docker/x/io.weight 1 (optional)',
    'write /sys/fs/cgroup/docker/x/io.max 8:0 rbps=99',
    'write /sys/fs/cgroup/docker/x/hugetlb.2MB.max 4',
    'write /sys/fs/cgroup/docker/x/hugetlb.2MB.rsvd.max 4 (optional)',
    'write /sys/fs/cgroup/docker/x/memory.high 900',
    'write /sys/fs/cgroup/docker/x/misc.max a 1',
    'write /sys/fs/cgroup/docker/x/misc.max b 2',
    'attach-device-program /sys/fs/cgroup/docker/x',
  ]);
  assert.deepEqual(join, []);
  assert.equal(cloneInto, '/sys/fs/cgroup/docker/x');
});

test('a relative path counts from the own cgroup in v1, from its parent in v2, and never leads out', () => {
  assert.equal(plan(HYBRID, 'x').paths.v1.memory, '/sys/fs/cgroup/memory/user/me/x');
  assert.equal(plan(PURE_V2, 'x').paths.unified, '/sys/fs/cgroup/system.slice/x');
  assert.equal(plan(PURE_V2, '/../../etc').paths.unified, '/sys/fs/cgroup/etc');
});

test('limits that the system or the version cannot hold are refused', () => {
  const v1 = { ...HYBRID, '/proc/self/mountinfo': HYBRID['/proc/self/mountinfo'].replace(/\n41.*/, '') };
  assert.throws(() => plan(v1, '/x', { pids: { limit: 7 } }), {
    message: 'cannot set pids limit: container could not join or create cgroup',
  });
  assert.throws(
    () => plan(HYBRID, '/x', { unified: { 'pids.max': '1' } }),
    /cannot use unified on cgroup v1/,
  );
  assert.throws(() => plan(PURE_V2, '/x', { memory: { swap: 5 } }), /without memory limit/);
  assert.throws(() => plan(PURE_V2, '/x', { memory: { limit: 9, swap: 5 } }), /should be >= memory limit/);
  assert.throws(() => plan(PURE_V2, '/x', { unified: { '../x.y': '1' } }), /must be a file name/);
});

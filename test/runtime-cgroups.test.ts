/** Cgroups: what callers of runc and crun, and their suites, ask of them beyond limits. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, lchownSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { detectCgroupLayout } from '../src/cgroups/layout.ts';
import { type Change, Runtime } from './fixtures/runtime.ts';

const runtime = new Runtime();
after(() => runtime.close());

const { mode, v1 } = detectCgroupLayout();
const notPure = mode !== 'v2' && 'needs cgroup v2 alone';
const HOST_ID = 100_000;
const NOBODY = '65534';

const usersRoot = runtime.ownRoot('users-root');
for (const path of ['', ...(readdirSync(usersRoot, { recursive: true }) as string[])])
  lchownSync(join(usersRoot, path), HOST_ID, HOST_ID);

const withUserNamespace: Change = spec => {
  spec.root = { path: usersRoot };
  spec.linux.namespaces!.push({ type: 'user' });
  spec.linux.uidMappings = [{ containerID: 0, hostID: HOST_ID, size: 65_536 }];
  spec.linux.gidMappings = spec.linux.uidMappings;
};

const writable: Change = ({ mounts }) => {
  for (const entry of mounts!) if (entry.type === 'cgroup') entry.options = ['rw'];
};

test('a cgroup belongs to the user namespace that may write it, and sees no other', {
  skip: notPure,
}, async () => {
  const owner = (change: Change) =>
    runtime.output(['stat', '-c', '%u', '/sys/fs/cgroup'], spec => {
      withUserNamespace(spec);
      change(spec);
    });
  assert.equal(await owner(() => undefined), NOBODY);
  assert.equal(
    await owner(spec => {
      writable(spec);
      spec.linux.namespaces = spec.linux.namespaces!.filter(({ type }) => type !== 'cgroup');
    }),
    NOBODY,
  );
  assert.equal(await owner(writable), '0');
});

test('a cgroup has all controllers that there are', { skip: notPure }, async () => {
  const controllers = readFileSync('/sys/fs/cgroup/cgroup.controllers', 'utf8');
  assert.equal(
    `${await runtime.output(['cat', '/sys/fs/cgroup/cgroup.controllers'], writable)}\n`,
    controllers,
  );
});

test('what is executed in a container that may write its cgroup is in it, too', {
  skip: notPure,
}, async () => {
  const bundle = runtime.bundle(['sleep', '1000'], spec => {
    withUserNamespace(spec);
    writable(spec);
  });
  await runtime.succeed('run', '-d', '-b', bundle, 'writable');
  assert.match(await runtime.succeed('exec', 'writable', 'cat', '/proc/self/cgroup'), /^0::\/$/m);
  await runtime.succeed('delete', '-f', 'writable');
  assert.deepEqual(runtime.leftovers(), []);
});

test('in the cgroup that it was given a user namespace makes others, gives them controllers and limits them', {
  skip: notPure,
}, async () => {
  const script = `cd /sys/fs/cgroup; mkdir main; echo 1 > main/cgroup.procs; echo +pids > cgroup.subtree_control;
    mkdir other; echo 7 > other/pids.max; cat other/pids.max; echo 1 > pids.max`;
  const bundle = runtime.bundle(['sh', '-c', script], spec => {
    withUserNamespace(spec);
    writable(spec);
    spec.linux.resources = { ...spec.linux.resources, pids: { limit: 50 } };
  });
  const { stdout, stderr } = await runtime.call('run', '-b', bundle, 'delegated');
  assert.equal(stdout, '7\n');
  // Its own limits stay the host's to set.
  assert.match(stderr, /pids\.max: Permission denied/);
  assert.deepEqual(runtime.leftovers(), []);
});

test('events tell of pressure', {
  skip: notPure || (!existsSync('/proc/pressure/cpu') && 'needs PSI'),
}, async () => {
  await runtime.succeed('run', '-d', '-b', runtime.bundle(['sleep', '100']), 'psi');
  const { data } = JSON.parse(await runtime.succeed('events', '--stats', 'psi'));
  for (const part of [data.cpu, data.memory, data.blkio])
    for (const kind of ['some', 'full'])
      assert.deepEqual(Object.keys(part.psi[kind]), ['avg10', 'avg60', 'avg300', 'total']);
  await runtime.succeed('delete', '-f', 'psi');
});

test('files of the unified hierarchy are written as they are given, and those that are not there are named', {
  skip: notPure,
}, async () => {
  const unified = (values: Record<string, string>): Change => {
    return ({ linux }) => {
      linux.resources = { ...linux.resources, unified: values };
    };
  };
  assert.equal(
    await runtime.output(
      ['cat', '/sys/fs/cgroup/memory.high', '/sys/fs/cgroup/cpu.weight'],
      unified({ 'memory.high': '1073741824', 'cpu.weight': '1234' }),
    ),
    '1073741824\n1234',
  );
  const missing = await runtime.failure(unified({ 'memory.DOESNTEXIST': 'x' }));
  assert.match(missing, /memory\.DOESNTEXIST.*no such file or directory/i);
  assert.match(await runtime.failure(unified({ 'foo.bar': 'x' })), /foo/);
  assert.match(await runtime.failure(unified({ 'NOT-A-KEY': 'x' })), /NOT-A-KEY/);
});

const networkControllers =
  /^net_cls\t[\s\S]*^net_prio\t/m.test(readFileSync('/proc/cgroups', 'utf8')) &&
  !v1.some(({ controllers }) => controllers.some(name => name.startsWith('net_')));

test('a container’s packets have the class and the priorities that were asked for', {
  skip: !networkControllers && 'needs net_cls and net_prio, mounted nowhere',
}, async () => {
  const bundle = runtime.bundle(['sleep', '100'], ({ linux }) => {
    linux.resources = {
      ...linux.resources,
      network: { classID: 0x10_0001, priorities: [{ name: 'lo', priority: 5 }] },
    };
  });
  const directory = join(runtime.base, 'net-cgroups');
  const { cgroupsPath } = JSON.parse(readFileSync(join(bundle, 'config.json'), 'utf8')).linux;
  const program = `${runtime.program} --root ${runtime.root}`;
  // A hierarchy of our own, in a mount namespace that it goes away with, when nothing is left in it.
  const script = `mkdir ${directory}; mount -t cgroup -o net_cls,net_prio none ${directory}
    ${program} run -d -b ${bundle} net <&- >/dev/null
    cat ${directory}${cgroupsPath}/net_cls.classid; grep -w lo ${directory}${cgroupsPath}/net_prio.ifpriomap
    ${program} delete -f net; find ${directory}/${runtime.cgroupParent} -mindepth 1 -type d | wc -l
    rmdir ${directory}/${runtime.cgroupParent}`;
  const shown = execFileSync('unshare', ['-m', 'sh', '-c', script], { encoding: 'utf8' });
  assert.equal(shown, '1048577\nlo 5\n0\n');
});

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { posix } from 'node:path';
import { after, test } from 'node:test';
import { type CgroupPaths } from '../src/cgroups/cgroup-paths.ts';
import { planCgroups } from '../src/libcontainer/cgroups/plan-cgroups.ts';
import { detectCgroupLayout } from '../src/cgroups/layout.ts';
import type { Resources } from '../src/oci/runtime-spec.ts';
import type { Spec } from '../src/oci/runtime-spec.ts';
import { nativeContainers, outputOf } from './fixtures/native-containers.ts';
import { until } from '../src/base/testing/until.ts';

const layout = detectCgroupLayout();
const containers = nativeContainers();
const pureV2 = layout.mode === 'v2';
const notPure = pureV2 ? false : 'needs pure cgroup v2 (npm run test:vm)';
/** A disk in memory that only the virtual machine has. */
const DISK = '/sys/block/nullb0';

after(() => containers.close());

const withResources = (resources: Resources) => (spec: Spec) => {
  spec.linux = { ...spec.linux, resources };
};

function pathsOf(id: string): CgroupPaths {
  return planCgroups({ layout, cgroupsPath: `${containers.cgroupParent}/${id}` }).paths;
}

/** A control file of the container's cgroup, in the version that has the controller. */
function readControl(id: string, controller: string, v1File: string, v2File: string): string {
  const { v1, unified } = pathsOf(id);
  const path = v1[controller] ? posix.join(v1[controller], v1File) : posix.join(unified ?? '', v2File);
  return readFileSync(path, 'utf8').trim();
}

test('limits are in the kernel, and in sight of the container', async () => {
  const files = pureV2
    ? 'memory.max memory.swap.max memory.low pids.max cpu.max cpu.weight cpuset.cpus'
    : 'memory/memory.limit_in_bytes memory/memory.soft_limit_in_bytes pids/pids.max cpu/cpu.cfs_quota_us ' +
      'cpu/cpu.cfs_period_us cpu/cpu.shares cpuset/cpuset.cpus';
  const { output } = await containers.run(
    `cd /sys/fs/cgroup && cat ${files}`,
    withResources({
      memory: { limit: 64 << 20, swap: 96 << 20, reservation: 32 << 20 },
      pids: { limit: 20 },
      cpu: { quota: 50_000, period: 100_000, shares: 1024, cpus: '0' },
    }),
  );
  const [memory, soft] = [String(64 << 20), String(32 << 20)];
  const expected = pureV2
    ? [memory, soft, soft, '20', '50000 100000', '100', '0']
    : [memory, soft, '20', '50000', '100000', '1024', '0'];
  assert.deepEqual(output.trim().split('\n'), expected);
});

test('no more processes are made than are allowed', async () => {
  const { output } = await containers.run(
    'for i in 1 2 3 4 5; do sleep 100 & done',
    withResources({ pids: { limit: 3 } }),
  );
  assert.match(output, /can't fork/);
});

test('a container that needs more memory than it may is killed, and that is told', async () => {
  const { status } = await containers.run(
    'exec dd if=/dev/zero of=/dev/null bs=64M count=1',
    withResources({ memory: { limit: 12 << 20, swap: 12 << 20 } }),
  );
  assert.deepEqual([status.code, status.oomKilled], [137, true]);
});

test('a process that is killed for want of memory is told of while its container goes on', async () => {
  // What goes on touches no memory: what was killed may still have all that there is.
  const container = await containers.create(
    'exec sleep 1000',
    withResources({ memory: { limit: 12 << 20, swap: 12 << 20 } }),
  );
  await container.start();
  const told = new Promise<void>(resolve => container.watchMemory(resolve));
  const args = ['dd', 'if=/dev/zero', 'of=/dev/null', 'bs=64M', 'count=1'];
  const process = { user: { uid: 0, gid: 0 }, cwd: '/', env: ['PATH=/bin'], args };
  const io = { terminal: false, stdin: false, stdinOnce: false };
  const greedy = await container.exec({ id: 'greedy', process, io });
  await outputOf(greedy);
  assert.equal((await greedy.exited).code, 137);
  await told;
  assert.deepEqual(await container.pids(), [container.pid]);
  await container.kill(constants.signals.SIGKILL);
  const { code, oomKilled } = await container.exited;
  assert.deepEqual([code, oomKilled], [137, true]);
  await container.remove();
});

test('a device that is not allowed can be made but not opened, an allowed one both', async () => {
  const script =
    'exec 2>&1; busybox mknod /null c 1 3; echo x > /null && echo null; busybox mknod /kmsg c 1 11; true < /kmsg; ' +
    'busybox mknod /full c 1 7; true < /full && echo full';
  const deny = withResources({ devices: [{ allow: false, access: 'rwm' }] });
  assert.equal(
    (await containers.run(script, deny)).output,
    "null\nsh: can't open /kmsg: Operation not permitted\nfull\n",
  );
  const allowed = withResources({
    devices: [
      { allow: false, access: 'rwm' },
      { allow: true, type: 'c', major: 1, minor: 11, access: 'r' },
    ],
  });
  assert.equal((await containers.run(script, allowed)).output, 'null\nfull\n');
  const reading = 'exec 2>&1; busybox mknod /kmsg c 1 11; true < /kmsg && echo read; true > /kmsg';
  assert.equal(
    (await containers.run(reading, allowed)).output,
    "read\nsh: can't create /kmsg: Operation not permitted\n",
  );
});

test('an exec has the limits and devices of the container', async () => {
  const container = await containers.create(
    'sleep 1000',
    withResources({ devices: [{ allow: false, access: 'rwm' }], pids: { limit: 17 } }),
  );
  await container.start();
  // Reading kmsg takes CAP_SYSLOG, with which only the device list is in the way.
  const capabilities = ['CAP_MKNOD', 'CAP_SYSLOG'];
  const exec = await container.exec({
    id: 'e',
    process: {
      user: { uid: 0, gid: 0 },
      args: [
        'sh',
        '-c',
        // One stream: of two, one may come in the middle of the other's line.
        'exec 2>&1; busybox mknod /kmsg c 1 11; true < /kmsg; cat /sys/fs/cgroup/pids.max /sys/fs/cgroup/pids/pids.max',
      ],
      env: ['PATH=/bin'],
      cwd: '/',
      capabilities: { effective: capabilities, permitted: capabilities, bounding: capabilities },
    },
    io: { terminal: false, stdin: false, stdinOnce: false },
  });
  const { output } = await outputOf(exec);
  assert.match(output, /can't open \/kmsg: Operation not permitted\n/);
  assert.match(output, /^17$/m);
  await container.remove();
});

test('an exec gets into the cgroup of a container with a user namespace', async () => {
  const mapping = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
  const container = await containers.create('sleep 1000', ({ linux }) => {
    linux!.namespaces!.push({ type: 'user' });
    linux!.uidMappings = mapping;
    linux!.gidMappings = mapping;
  });
  await container.start();
  const exec = await container.exec({
    id: 'e',
    process: { user: { uid: 0, gid: 0 }, args: ['sleep', '1000'], env: ['PATH=/bin'], cwd: '/' },
    io: { terminal: false, stdin: false, stdinOnce: false },
  });
  await exec.start();
  assert.deepEqual(
    (await container.pids()).sort((a, b) => a - b),
    [container.pid, exec.pid].sort((a, b) => a - b),
  );
  await container.remove();
});

test('a paused container stands still until it goes on', async () => {
  const container = await containers.create('while :; do :; done');
  await container.start();
  await container.pause();
  const { usageNs } = (await container.stats()).cpu;
  await new Promise(resolve => setTimeout(resolve, 50));
  assert.equal((await container.stats()).cpu.usageNs, usageNs);
  await container.resume();
  await until(async () => (await container.stats()).cpu.usageNs > usageNs);
  await container.pause();
  await container.remove();
  assert.equal((await container.exited).code, 137);
});

test('limits are changed while it runs', async () => {
  const container = await containers.create(
    'sleep 1000',
    withResources({ memory: { limit: 64 << 20, swap: 64 << 20 }, pids: { limit: 20 } }),
  );
  await container.start();
  await container.update({
    memory: { limit: 128 << 20, swap: 192 << 20 },
    pids: { limit: 30 },
    cpu: { quota: 25_000, period: 50_000, shares: 512 },
  });
  const { memory, pids } = await container.stats();
  assert.deepEqual([memory.limitBytes, pids], [128 << 20, { current: 1, limit: 30 }]);
  const swap = readControl(container.id, 'memory', 'memory.memsw.limit_in_bytes', 'memory.swap.max');
  assert.equal(swap, String((pureV2 ? 64 : 192) << 20));
  assert.match(readControl(container.id, 'cpu', 'cpu.cfs_quota_us', 'cpu.max'), /^25000\b/);
  await container.remove();
});

test('a rate for a disk is in the kernel', async t => {
  const name = existsSync(DISK) ? 'nullb0' : readdirSync('/sys/block')[0];
  if (name === undefined) return t.skip('there is no disk');
  const device = readFileSync(`/sys/block/${name}/dev`, 'utf8').trim();
  const [major, minor] = device.split(':').map(Number) as [number, number];
  const container = await containers.create(
    'true',
    withResources({ blockIO: { throttleWriteBpsDevice: [{ major, minor, rate: 1 << 30 }] } }),
  );
  assert.ok(
    readControl(container.id, 'blkio', 'blkio.throttle.write_bps_device', 'io.max').includes(
      pureV2 ? `${device} rbps=max wbps=${1 << 30}` : `${device} ${1 << 30}`,
    ),
  );
  await container.remove();
});

test('what is read and written is counted', {
  skip: !existsSync(DISK) && 'needs the disk of npm run test:vm',
}, async () => {
  const [major, minor] = readFileSync(`${DISK}/dev`, 'utf8').trim().split(':').map(Number) as [
    number,
    number,
  ];
  const script =
    'dd if=/dev/zero of=/disk bs=64k count=16 oflag=direct && dd if=/disk of=/dev/null bs=64k count=8 iflag=direct; sleep 1000';
  const container = await containers.create(script, spec => {
    spec.linux!.devices = [{ path: '/disk', type: 'b', major, minor, fileMode: 0o600 }];
    spec.linux!.resources = {
      devices: [
        { allow: false, access: 'rwm' },
        { allow: true, type: 'b', major, minor, access: 'rw' },
      ],
    };
  });
  await container.start();
  const counted = async () =>
    (await container.stats()).blkio
      .filter(entry => entry.major === major && entry.minor === minor)
      .map(({ op, bytes, operations }) => `${op} ${bytes} ${operations}`)
      .join();
  const wanted = `Read ${8 << 16} 8,Write ${16 << 16} 16`;
  await until(async () => (await counted()) === wanted);
  await container.remove();
});

const noPressure =
  !(layout.unified && existsSync('/proc/pressure/cpu')) &&
  'this kernel does not tell the pressure on cgroups';

test('pressure is told for each container', { skip: noPressure }, async () => {
  const container = await containers.create('sleep 1000');
  const { unified = '', unifiedControllers } = pathsOf(container.id);
  for (const kind of ['cpu', ...unifiedControllers.filter(name => name === 'io' || name === 'memory')])
    assert.match(readFileSync(`${unified}/${kind}.pressure`, 'utf8'), /^some avg10=\d+\.\d+ avg60=/);
  await container.remove();
});

test('a container sees its own cgroup as the root, and cannot change it', { skip: notPure }, async () => {
  const { output } = await containers.run(
    'cat /proc/self/cgroup; (echo max > /sys/fs/cgroup/pids.max); mkdir /sys/fs/cgroup/sub',
    withResources({ pids: { limit: 9 } }),
  );
  assert.match(output, /^0::\/\n[^\n]*Read-only file system\nmkdir: [^\n]*Read-only file system\n$/);
});

test('cgroups that a container makes in its own, when it may, go with it', async () => {
  const limit = pureV2 ? 'echo +pids > cgroup.subtree_control && echo 5 > b/pids.max &&' : '';
  const script =
    `cd /sys/fs/cgroup/${pureV2 ? '' : 'pids'} && mkdir a b && echo 1 > a/cgroup.procs && ${limit} ` +
    'mkdir b/c && exec sleep 1000';
  const container = await containers.create(script, ({ mounts }) => {
    mounts!.find(mount => mount.type === 'cgroup')!.options = [];
  });
  const { unified, v1 } = pathsOf(container.id);
  const directory = v1.pids ?? unified!;
  await container.start();
  await until(() => existsSync(`${directory}/b/c`));
  // mkdir has made it, and may be there still.
  await until(async () => (await container.pids()).length <= 1);
  assert.equal((await container.pids()).length, 1);
  await container.kill(9);
  await container.exited;
  // By the shim alone: the daemon may not be there.
  await until(() => !existsSync(directory));
  await container.remove();
});

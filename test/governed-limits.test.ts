/** Limits that annotations ask for, and what is kept from all containers together. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { after, before, describe, test } from 'node:test';
import { DaemonProcess } from './fixtures/daemon-process.ts';

const isV2 = existsSync('/sys/fs/cgroup/cgroup.controllers');

const textOf = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : '');

describe('governed limits', () => {
  let daemon: DaemonProcess;

  before(async () => {
    daemon = await DaemonProcess.start('--system-reserved', 'cpu=0.5,memory=1g');
    const { code, stderr } = await daemon.slipway('image', 'bootstrap', 'busybox');
    assert.equal(code, 0, stderr);
  });

  after(async () => {
    await daemon.dispose();
  });

  const read = (v1: string, v2: string, id = '') =>
    readFileSync(
      `/sys/fs/cgroup/${isV2 ? '' : `${v1.split('.')[0]}/`}${daemon.cgroupParent}/${id}/${isV2 ? v2 : v1}`,
      'utf8',
    ).trim();

  test('what is reserved for the system is kept from all containers together', () => {
    const online = readFileSync('/proc/stat', 'utf8').match(/^cpu\d+ /gm)?.length ?? cpus().length;
    assert.equal(read('cpu.cfs_quota_us', 'cpu.max').split(' ')[0], String((online - 0.5) * 100_000));
    assert.equal(
      Number(read('memory.limit_in_bytes', 'memory.max')),
      Math.floor((totalmem() - (1 << 30)) / 4096) * 4096,
    );
  });

  test('more than the machine has cannot be reserved', async () => {
    const greedy = new DaemonProcess('--system-reserved', 'cpu=4096');
    await assert.rejects(
      greedy.start(),
      /invalid system-reserved cpu 4096: want less than the \d+ CPUs that there are/,
    );
    await greedy.dispose();
    const { stderr } = await daemon.slipway('daemon', '--validate', '--system-reserved', 'disk=1g');
    assert.match(stderr, /unknown resource "disk": want cpu=CPUS,memory=BYTES/);
  });

  test('limits of memory are those of cgroup v2, or are told to be discarded', async () => {
    const flags = ['--memory-high', '32m', '--memory-low', '16m', '--oom-group', 'true'];
    const { code, stdout, stderr } = await daemon.slipway('run', '-d', ...flags, 'busybox', 'sleep', '1000');
    assert.equal(code, 0, stderr);
    const id = stdout.trim();
    if (isV2) {
      assert.equal(read('', 'memory.high', id), String(32 << 20));
      assert.equal(read('', 'memory.low', id), String(16 << 20));
      assert.equal(read('', 'memory.oom.group', id), '1');
      await daemon.slipwayOut('update', '--memory-high', '', '--oom-group', 'false', id);
      assert.equal(read('', 'memory.high', id), 'max');
      assert.equal(read('', 'memory.oom.group', id), '0');
    } else assert.match(stderr, /need the memory controller of cgroup v2\. Discarded\./);
    await daemon.slipway('rm', '-f', id);
  });

  test('limits of block devices and swappiness are changed while a container runs', async t => {
    const device = readdirSync('/sys/block').find(name => existsSync(`/dev/${name}`));
    if (device === undefined) return t.skip('there is no block device');
    const id = await daemon.slipwayOut('run', '-d', '--network', 'none', 'busybox', 'sleep', '1000');
    const limit = (Rate: number) => ({ BlkioDeviceReadBps: [{ Path: `/dev/${device}`, Rate }] });
    const numbers = readFileSync(`/sys/block/${device}/dev`, 'utf8').trim();
    const written = () => read('blkio.throttle.read_bps_device', 'io.max', id);
    await daemon.api('POST', `/containers/${id}/update`, limit(1_048_576));
    assert.match(written(), new RegExp(`^${numbers} (rbps=)?1048576`));
    const weights = ['blkio.bfq.weight', 'io.bfq.weight', 'io.weight'].map(
      file => `/sys/fs/cgroup/${isV2 ? '' : 'blkio'}${daemon.cgroupParent}/${id}/${file}`,
    );
    const weight = weights.find(path => existsSync(path));
    assert.equal((await daemon.slipway('update', '--blkio-weight', '300', id)).code, 0);
    if (weight !== undefined && !weight.endsWith('/io.weight')) assert.match(textOf(weight), /\b300\n/);
    const rate = ['--device-read-bps', `/dev/${device}:2mb`];
    await daemon.slipwayOut('update', ...rate, '--memory-swappiness', '9', id);
    assert.match(written(), new RegExp(`^${numbers} (rbps=)?2097152`));
    if (!isV2) assert.equal(read('memory.swappiness', '', id), '9');
    await daemon.api('POST', `/containers/${id}/update`, { ...limit(0), MemorySwappiness: 7 });
    assert.equal(written(), '');
    if (!isV2) assert.equal(read('memory.swappiness', '', id), '7');
    await daemon.slipwayOut('rm', '-f', id);
  });

  test('huge pages of a size that there is are limited, also while a container runs', async t => {
    const refused = await daemon.slipway('create', '--hugetlb', '3MB=3m', 'busybox');
    assert.match(refused.stderr, /invalid hugetlb "3MB": the machine has no huge pages of that size/);
    const v1 = '/sys/fs/cgroup/hugetlb';
    const [size = ''] = readdirSync('/sys/kernel/mm/hugepages');
    const unified = isV2 ? '/sys/fs/cgroup' : '/sys/fs/cgroup/unified';
    const onV2 = textOf(`${unified}/cgroup.controllers`).split(/\s/).includes('hugetlb');
    if (size !== 'hugepages-2048kB' || !(onV2 || existsSync(v1))) return t.skip('there are none to limit');
    const id = await daemon.slipwayOut('run', '-d', '--network', 'none', 'busybox', 'sleep', '1000');
    const limit = () =>
      onV2
        ? textOf(`${unified}${daemon.cgroupParent}/${id}/hugetlb.2MB.max`)
        : textOf(`${v1}${daemon.cgroupParent}/${id}/hugetlb.2MB.limit_in_bytes`);
    const unlimited = limit();
    await daemon.slipwayOut('update', '--hugetlb', '2MB=4m', id);
    assert.equal(limit(), `${4 << 20}\n`);
    await daemon.slipwayOut('update', '--hugetlb', '', id);
    assert.ok(['max\n', unlimited].includes(limit()));
    await daemon.slipwayOut('rm', '-f', id);
  });

  test('a NUMA node gives its CPUs and its memory, and one that is not there is refused', async () => {
    const { stdout, stderr } = await daemon.slipway(
      'run',
      '-d',
      '--numa-node',
      '0',
      'busybox',
      'sleep',
      '1000',
    );
    const id = stdout.trim();
    if (!existsSync('/sys/devices/system/node/node0'))
      return assert.match(stderr, /memory nodes are not available/);
    assert.equal(read('cpuset.mems', 'cpuset.mems', id), '0');
    await daemon.slipway('rm', '-f', id);
    assert.match(
      (await daemon.slipway('run', '--numa-node', '1000', 'busybox', 'true')).stderr,
      /Requested memory nodes are not available - requested 1000, available: 0/,
    );
  });
});

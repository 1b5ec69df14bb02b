import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CgroupLayout } from '../../../cgroups/layout.ts';
import { fillUpdate } from '../../model/host-config.ts';
import { readLimitSupport } from '../spec/limit-support.ts';
import { discardLimits } from './discard-limits.ts';

const hierarchy = (...controllers: string[]) => ({
  mountPoint: `/sys/fs/cgroup/${controllers[0] ?? 'unified'}`,
  root: '/',
  controllers,
  own: '/',
});
const HYBRID: CgroupLayout = {
  mode: 'hybrid',
  v1: [hierarchy('memory'), hierarchy('blkio'), hierarchy('cpu')],
  unified: hierarchy(),
};
const V2: CgroupLayout = { mode: 'v2', v1: [], unified: hierarchy('memory', 'io', 'cpu', 'cpuset', 'pids') };

test('limits of the kernel are found by the files of v1 and the controllers of v2', () => {
  const v1 = readLimitSupport(HYBRID, path => path.endsWith('/memory.memsw.limit_in_bytes'));
  assert.deepEqual(
    [v1.cgroupVersion, v1.memory, v1.swap, v1.oomKillDisable, v1.blkioWeight, v1.pids],
    ['1', true, true, false, false, false],
  );
  const v2 = readLimitSupport(V2, () => false);
  assert.deepEqual(
    [v2.cgroupVersion, v2.memory, v2.swap, v2.oomKillDisable, v2.blkioWeight, v2.pids],
    ['2', true, true, false, true, true],
  );
});

test('what the kernel cannot limit is left out, with Docker’s warning', () => {
  const support = readLimitSupport(HYBRID, () => false);
  const { limits, warnings } = discardLimits(
    fillUpdate({
      BlkioWeight: 300,
      PidsLimit: 5,
      CpuShares: 512,
      BlkioDeviceReadBps: [{ Path: '/dev/sda', Rate: 1 }],
    }),
    support,
  );
  assert.deepEqual(limits, fillUpdate({ CpuShares: 512 }));
  assert.deepEqual(warnings, [
    'Your kernel does not support PIDs limit capabilities or the cgroup is not mounted. PIDs limit discarded.',
    'Your kernel does not support Block I/O weight or the cgroup is not mounted. Weight discarded.',
    'Your kernel does not support BPS Block I/O read limit or the cgroup is not mounted. Block I/O BPS read limit discarded.',
  ]);
});

test('a container without a memory limit and without the OOM killer is warned of', () => {
  const support = readLimitSupport(HYBRID, () => true);
  assert.deepEqual(
    discardLimits(fillUpdate({ OomKillDisable: true, Memory: 1 << 28, MemorySwap: -1 }), support).warnings,
    [],
  );
  const [warning] = discardLimits(fillUpdate({ OomKillDisable: true }), support).warnings;
  assert.match(warning ?? '', /^OOM killer is disabled for the container, but no memory limit is set/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readLimitSupport } from '../container/spec/limit-support.ts';
import { missingLimits } from './missing-limits.ts';

const V1 = [
  { mountPoint: '/sys/fs/cgroup/memory', root: '/', controllers: ['memory'], own: '/' },
  { mountPoint: '/sys/fs/cgroup/blkio', root: '/', controllers: ['blkio'], own: '/' },
];

test('each limit that cannot be set is told of, by the names of that version', () => {
  const nothing = missingLimits(readLimitSupport({ mode: 'v2', v1: [] }));
  assert.ok(nothing.includes('memory limit'));
  assert.ok(nothing.includes('io.weight'));
  assert.ok(nothing.includes('io.max (riops)'));
  assert.ok(!nothing.includes('oom kill disable'));
  const v1 = missingLimits(readLimitSupport({ mode: 'v1', v1: V1 }, () => false));
  assert.ok(!v1.includes('memory limit'));
  assert.ok(v1.includes('oom kill disable'));
  assert.ok(v1.includes('blkio throttle.read_bps_device'));
  assert.ok(!v1.includes('io.weight'));
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { UsageReading } from './usage-reading.ts';
import { cpuPercent, parseMachineCpu } from './usage-reading.ts';

const reading = (usageNs: bigint, clockNs: bigint) =>
  ({ clockNs, cgroup: { cpu: { usageNs } } }) as unknown as UsageReading;

test('the percentage is what two readings of the counter and of the clock give', () => {
  assert.equal(cpuPercent(reading(1_500_000_000n, 3_000_000_000n), reading(0n, 1_000_000_000n)), 75);
  assert.equal(cpuPercent(reading(4_000_000_000n, 2_000_000_000n), reading(0n, 0n)), 200);
});

test('one reading gives none, and neither does a counter that began anew', () => {
  assert.equal(cpuPercent(reading(5n, 5n), undefined), undefined);
  assert.equal(cpuPercent(reading(5n, 10n), reading(6n, 1n)), undefined);
  assert.equal(cpuPercent(reading(5n, 10n), reading(5n, 10n)), undefined);
});

test('CPUs that are offline are not counted, and guests not twice', () => {
  const text =
    'cpu  10 1 2 30 4 5 6 7 100 100\ncpu0 5 0 1 15 2 2 3 3 50 50\ncpu3 5 1 1 15 2 3 3 4 50 50\nintr 1\n';
  assert.deepEqual(parseMachineCpu(text), { usedNs: 580_000_000, online: 2 });
});

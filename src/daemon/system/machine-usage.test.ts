import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCpu, parseSoftIrqs } from './machine-usage.ts';

test('CPU time is told by what it went to', () => {
  const text =
    'cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1 2 3 4 5 6 7 8 9 10\ncpu2 0 0 0 0 0 0 0 0 0 0\nintr 99 1 2\n';
  assert.deepEqual(parseCpu(text), {
    Cpu: { User: 1, Nice: 2, System: 3, Idle: 4, IoWait: 5, Irq: 6, SoftIrq: 7, Steal: 8 },
    OnlineCpus: 2,
    Interrupts: 99,
  });
});

test('softirqs are summed over all CPUs', () => {
  const text =
    '                    CPU0       CPU1\n          HI:          1          2\n      NET_RX:         10         20\n';
  assert.deepEqual(parseSoftIrqs(text), { HI: 3, NET_RX: 30 });
});

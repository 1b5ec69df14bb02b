import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MachineUsage } from '../../api/machine.ts';
import { machineText } from './machine-text.ts';

const usage = (seconds: number): MachineUsage => ({
  ClockNs: seconds * 1e9,
  Cpu: {
    User: seconds * 50,
    Nice: 0,
    System: seconds * 20,
    Idle: seconds * 100,
    IoWait: 0,
    Irq: 0,
    SoftIrq: seconds * 30,
    Steal: 0,
  },
  OnlineCpus: 2,
  SoftIrqs: { NET_RX: seconds * 1000, TIMER: seconds * 100, HI: 0 },
  Interrupts: seconds * 5000,
  Load: [1, 2.5, 3],
  Pressure: {},
  MemoryBytes: 4 << 28,
  MemoryAvailableBytes: 1 << 28,
  Disk: { Path: '/data', Bytes: 2 << 28, FreeBytes: 1 << 28 },
  ContainersCpuNs: seconds * 4e8,
});

test('shares are of all CPUs together, between two readings', () => {
  const text = machineText(usage(14), usage(10));
  assert.match(text, /^CPU +2 online; containers 20\.0%, idle 50\.0%\n/);
  assert.match(text, /\n +user 25\.0%, system 10\.0%, /);
  assert.match(text, /\nInterrupts +hard 0\.0% \(5000\/s\), soft 15\.0%\n/);
  assert.match(text, /\nSoftirqs +NET_RX 1000\/s, TIMER 100\/s, HI 0\/s\n/);
  assert.match(text, /\nLoad +1\.00 2\.50 3\.00\nPressure +cpu --, memory --, io --\n/);
  assert.match(text, /\nDisk +256MiB of 512MiB free at \/data\n/);
});

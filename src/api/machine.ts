import type { PressureStats } from './stats.ts';

/** `GET /slipway/machine`: what the machine is at, and what of it is no container's. Counters since its start. */
export type MachineUsage = {
  /** The machine's monotonic clock in ns, for computing rates. */
  ClockNs: number;
  /** Time of all CPUs together by what it went to, in hundredths of a second (proc_stat(5)). */
  Cpu: Record<'User' | 'Nice' | 'System' | 'Idle' | 'IoWait' | 'Irq' | 'SoftIrq' | 'Steal', number>;
  OnlineCpus: number;
  /** How often each kind was run, on all CPUs (proc_softirqs(5)): `NET_RX`, `TIMER` … */
  SoftIrqs: Record<string, number>;
  Interrupts: number;
  Load: [number, number, number];
  Pressure: { cpu?: PressureStats; memory?: PressureStats; io?: PressureStats };
  MemoryBytes: number;
  MemoryAvailableBytes: number;
  /** The file system of the data root. */
  Disk: { Path: string; Bytes: number; FreeBytes: number };
  /** CPU time of all containers, in ns. */
  ContainersCpuNs: number;
};

import type { MachineUsage } from '../../api/machine.ts';
import { formatBinarySize } from '../values/size.ts';
import { alignColumns } from './align-columns.ts';

const TICKS_PER_SECOND = 100;
const SHOWN_SOFTIRQS = 5;

/** Where CPU time went between two readings, containers' and the system's, with load, pressure, memory and disk. */
export function machineText(now: MachineUsage, before: MachineUsage): string {
  const seconds = (now.ClockNs - before.ClockNs) / 1e9;
  const share = (ticks: number) => percent(ticks / TICKS_PER_SECOND / seconds / now.OnlineCpus);
  const since = (name: keyof MachineUsage['Cpu']) => now.Cpu[name] - before.Cpu[name];
  const containers = (now.ContainersCpuNs - before.ContainersCpuNs) / 1e9 / seconds / now.OnlineCpus;
  const rows = [
    ['CPU', `${now.OnlineCpus} online; containers ${percent(containers)}, idle ${share(since('Idle'))}`],
    [
      '',
      `user ${share(since('User') + since('Nice'))}, system ${share(since('System'))}, waiting for disks ${share(since('IoWait'))}, stolen ${share(since('Steal'))}`,
    ],
    [
      'Interrupts',
      `hard ${share(since('Irq'))} (${rate(now.Interrupts - before.Interrupts, seconds)}), soft ${share(since('SoftIrq'))}`,
    ],
    ['Softirqs', softIrqs(now, before, seconds)],
    ['Load', now.Load.map(value => value.toFixed(2)).join(' ')],
    ['Pressure', pressureText(now)],
    [
      'Memory',
      `${formatBinarySize(now.MemoryBytes - now.MemoryAvailableBytes)} of ${formatBinarySize(now.MemoryBytes)} in use`,
    ],
    [
      'Disk',
      `${formatBinarySize(now.Disk.FreeBytes)} of ${formatBinarySize(now.Disk.Bytes)} free at ${now.Disk.Path}`,
    ],
  ];
  return alignColumns(rows.map(([name, text]) => `${name}\t${text}\n`).join(''));
}

/** What is before the first reading: as all is counted from the machine's start on, nothing. */
export function sinceBoot(now: MachineUsage): MachineUsage {
  const Cpu = { User: 0, Nice: 0, System: 0, Idle: 0, IoWait: 0, Irq: 0, SoftIrq: 0, Steal: 0 };
  return { ...now, ClockNs: 0, Cpu, SoftIrqs: {}, Interrupts: 0, ContainersCpuNs: 0 };
}

/** The busiest kinds. */
function softIrqs(now: MachineUsage, before: MachineUsage, seconds: number): string {
  return Object.entries(now.SoftIrqs)
    .map(([kind, count]) => [kind, count - (before.SoftIrqs[kind] ?? 0)] as const)
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, SHOWN_SOFTIRQS)
    .map(([kind, count]) => `${kind} ${rate(count, seconds)}`)
    .join(', ');
}

function pressureText({ Pressure }: MachineUsage): string {
  return (['cpu', 'memory', 'io'] as const)
    .map(
      name => `${name} ${Pressure[name] === undefined ? '--' : `${Pressure[name].some.avg10.toFixed(2)}%`}`,
    )
    .join(', ');
}

function rate(count: number, seconds: number): string {
  return `${Math.round(count / seconds)}/s`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`;
}

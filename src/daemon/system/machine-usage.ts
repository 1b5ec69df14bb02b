import { captures } from '../../base/captures.ts';
import { parseProcStat } from '../../kernel/proc-stat.ts';
import { readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import type { MachineUsage } from '../../api/machine.ts';
import { parseKeyValues, parsePressure } from '../../cgroups/cgroup-stats.ts';
import { readHostFile } from '../../cgroups/layout.ts';
import { readCpuUsage } from '../../cgroups/read-stats.ts';
import type { Daemon } from '../container/daemon.ts';

const BYTES_PER_KIB = 1024;

/** What the machine is at: CPU time by what it went to, interrupts by kind, load, pressure, memory and disk. */
export async function machineUsage({ options, containers }: Daemon): Promise<MachineUsage> {
  const disk = await statfs(options.dataRoot);
  const used = containers
    .all()
    .map(({ runtime }) => (runtime === undefined ? 0n : readCpuUsage(runtime.cgroupPaths, readHostFile)));
  const pressure = (name: string) => parsePressure(readHostFile(`/proc/pressure/${name}`));
  return {
    ClockNs: Number(process.hrtime.bigint()),
    ...parseCpu(readFileSync('/proc/stat', 'latin1')),
    SoftIrqs: parseSoftIrqs(readFileSync('/proc/softirqs', 'latin1')),
    Load: parseLoad(readFileSync('/proc/loadavg', 'latin1')),
    Pressure: { cpu: pressure('cpu'), memory: pressure('memory'), io: pressure('io') },
    ...parseMemory(readFileSync('/proc/meminfo', 'latin1')),
    Disk: { Path: options.dataRoot, Bytes: disk.blocks * disk.bsize, FreeBytes: disk.bavail * disk.bsize },
    ContainersCpuNs: Number(used.reduce((sum, ns) => sum + ns, 0n)),
  };
}

export function parseCpu(text: string): Pick<MachineUsage, 'Cpu' | 'OnlineCpus' | 'Interrupts'> {
  const { user, nice, system, idle, iowait, irq, softirq, steal, cpus } = parseProcStat(text);
  const [, interrupts = 0] = captures(/^intr (\d+)/m, text);
  return {
    Cpu: {
      User: user,
      Nice: nice,
      System: system,
      Idle: idle,
      IoWait: iowait,
      Irq: irq,
      SoftIrq: softirq,
      Steal: steal,
    },
    OnlineCpus: cpus,
    Interrupts: Number(interrupts),
  };
}

/** The sum over all CPUs for each kind. */
export function parseSoftIrqs(text: string): Record<string, number> {
  const lines = text.split('\n').flatMap(line => {
    const [, kind, counts] = captures(/^\s*(\w+):(.*)$/, line);
    return kind === undefined || counts === undefined ? [] : [[kind, counts] as const];
  });
  const sum = (counts: string) =>
    counts
      .trim()
      .split(/\s+/)
      .reduce((total, count) => total + Number(count), 0);
  return Object.fromEntries(lines.map(([kind, counts]) => [kind, sum(counts)]));
}

function parseLoad(text: string): MachineUsage['Load'] {
  const [one = 0, five = 0, fifteen = 0] = text.split(' ').map(Number);
  return [one, five, fifteen];
}

function parseMemory(text: string): Pick<MachineUsage, 'MemoryBytes' | 'MemoryAvailableBytes'> {
  const values = parseKeyValues(text.replace(/:\s+/g, ' ').replaceAll(' kB', ''));
  const { MemTotal = 0, MemAvailable = 0 } = values;
  return {
    MemoryBytes: MemTotal * BYTES_PER_KIB,
    MemoryAvailableBytes: MemAvailable * BYTES_PER_KIB,
  };
}

import { readdirSync, readFileSync } from 'node:fs';

type ProcessMemory = { pid: number; name: string; rssKb: number; privateKb: number };

function field(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0);
}

/** Resident and private memory of a process (proc_pid_smaps(5)); undefined when it has gone. */
export function memoryOf(pid: number): ProcessMemory | undefined {
  try {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    return {
      pid,
      name: readFileSync(`/proc/${pid}/comm`, 'utf8').trim(),
      rssKb: field(rollup, 'Rss'),
      privateKb: field(rollup, 'Private_Clean') + field(rollup, 'Private_Dirty'),
    };
  } catch {
    return undefined;
  }
}

/** All processes of that name, as the kernel cuts it (15 characters). */
export function processesNamed(name: string): ProcessMemory[] {
  return readdirSync('/proc')
    .filter(entry => /^\d+$/.test(entry))
    .flatMap(entry => memoryOf(Number(entry)) ?? [])
    .filter(process => process.name === name.slice(0, 15));
}

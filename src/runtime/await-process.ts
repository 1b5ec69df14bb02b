import { constants } from 'node:os';
import { syscall, syscallAsync, syscallResult } from '../kernel/libc.ffi.ts';

const PR_SET_CHILD_SUBREAPER = 36;
/** What a terminal or a supervisor sends on purpose; SIGCHLD and the like are ours. */
const FORWARDED = [
  'SIGINT',
  'SIGTERM',
  'SIGHUP',
  'SIGQUIT',
  'SIGUSR1',
  'SIGUSR2',
  'SIGCONT',
  'SIGTSTP',
] as const;

/** Orphans below this process become its children from now on: what the shim leaves is one. @throws SyscallError */
export function adoptOrphans(): void {
  syscall('prctl', 'PR_SET_CHILD_SUBREAPER', PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

/**
 * Waits for a child, and passes on to it the signals that this process gets.
 * @returns its exit code; 128 and the signal's number when a signal ended it
 */
export async function awaitProcess(pid: number): Promise<number> {
  const forward = (signal: NodeJS.Signals) => syscallResult('kill', pid, constants.signals[signal]);
  for (const signal of FORWARDED) process.on(signal, forward);
  try {
    const status = Buffer.alloc(4);
    await syscallAsync('wait4', String(pid), pid, status, 0, null);
    const value = status.readInt32LE(0);
    return (value & 0x7f) === 0 ? (value >> 8) & 0xff : 128 + (value & 0x7f);
  } finally {
    for (const signal of FORWARDED) process.removeListener(signal, forward);
  }
}

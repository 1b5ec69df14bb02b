import { closeSync } from 'node:fs';
import { syscallResult } from '../kernel/libc.ffi.ts';

const SIGKILL = 9;

/**
 * Sends the processes that `list` gives a signal, as far as there are descriptors for them. It is asked again once they are open:
 * a number that has come to be another process's meanwhile, as a container that forks without end may bring about, is
 * not listed any more, or no longer that of what was opened.
 */
export function killListed(list: () => ReadonlySet<number>, signal = SIGKILL): void {
  const opened = new Map<number, number>();
  try {
    // 0 is one that this process's pid namespace does not see.
    for (const pid of list()) if (pid > 0) opened.set(pid, syscallResult('pidfd_open', pid, 0));
    const listed = list();
    for (const [pid, descriptor] of opened)
      if (descriptor >= 0 && listed.has(pid)) syscallResult('pidfd_send_signal', descriptor, signal, null, 0);
  } finally {
    for (const descriptor of opened.values()) if (descriptor >= 0) closeSync(descriptor);
  }
}

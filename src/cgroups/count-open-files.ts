import { readdirSync, statSync } from 'node:fs';
import { TimeSlice } from '../base/time-slice.ts';

export type OpenFiles = {
  processes: number;
  /** Slots in use of all their descriptor tables: files, sockets, pipes and whatever else there is. */
  descriptors: number;
};

/** Counts what the processes have open, without looking at it. Those that have ended meanwhile count as nothing. */
export async function countOpenFiles(pids: readonly number[]): Promise<OpenFiles> {
  const slice = new TimeSlice();
  let descriptors = 0;
  for (const pid of pids) {
    descriptors += openFilesOf(pid);
    if (slice.isOver) await slice.pause();
  }
  return { processes: pids.length, descriptors };
}

/** Since Linux 6.2 the size of the directory is the number (proc_pid_fd(5)); before it is 0. */
function openFilesOf(pid: number): number {
  const path = `/proc/${pid}/fd`;
  try {
    return tellsCount() ? statSync(path).size : readdirSync(path).length;
  } catch {
    return 0;
  }
}

let isTold: boolean | undefined;

/** This process has some open in any case. */
function tellsCount(): boolean {
  isTold ??= statSync('/proc/self/fd').size > 0;
  return isTold;
}

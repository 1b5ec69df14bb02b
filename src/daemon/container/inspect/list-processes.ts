import { captures } from '../../../base/captures.ts';
import { open, readFile } from 'node:fs/promises';
import type { ContainerTop } from '../../../api/types.ts';
import { KeyedLock } from '../../../base/keyed-lock.ts';
import { settlesWithin } from '../../../base/settles-within.ts';

const TITLES = ['UID', 'PID', 'PPID', 'C', 'STIME', 'TTY', 'TIME', 'CMD'];
/** USER_HZ: what /proc counts processor time in, the same on all of Linux's architectures of now. */
const TICKS_PER_SECOND = 100;

/** The columns of `ps -ef` (proc_pid_stat(5)). Processes that have ended meanwhile are left out. */
export async function listProcesses(container: string, pids: readonly number[]): Promise<ContainerTop> {
  const host = { users: await userNames(), bootMs: await bootTimeMs() };
  const longest = Math.min(LONGEST_COMMAND, Math.ceil(LONGEST_COMMANDS / pids.length));
  const rows: string[][] = [];
  // One after the other: a container may have as many as the host lets it.
  for (const pid of pids.toSorted((a, b) => a - b)) {
    const row = await describeProcess(pid, { ...host, container, longest });
    if (row !== undefined) rows.push(row);
  }
  return { Titles: TITLES, Processes: rows };
}

type Host = { container: string; users: ReadonlyMap<string, string>; bootMs: number; longest: number };

/** ppid, tty_nr, utime, stime, starttime (proc_pid_stat(5)), without the first two fields. */
const STAT_FIELDS = [1, 4, 11, 12, 19];

async function describeProcess(pid: number, host: Host): Promise<string[] | undefined> {
  const { users, bootMs } = host;
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
    const [, uid = '0'] = captures(/^Uid:\s+(\d+)/m, await readFile(`/proc/${pid}/status`, 'utf8'));
    const command = await commandOf(pid, host);
    const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
    // From the third field on: state, ppid, …; the name before it may hold anything.
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [ppid = 0, terminal = 0, user = 0, system = 0, start = 0] = STAT_FIELDS.map(index => fields[index]);
    const busySeconds = (user + system) / TICKS_PER_SECOND;
    const startedMs = bootMs + (start / TICKS_PER_SECOND) * 1000;
    const ageSeconds = Math.max(1, (Date.now() - startedMs) / 1000);
    return [
      users.get(uid) ?? uid,
      String(pid),
      String(ppid),
      String(Math.min(99, Math.floor((100 * busySeconds) / ageSeconds))),
      startText(startedMs),
      terminalName(terminal),
      clock(busySeconds),
      command === '' ? `[${name}]` : command,
    ];
  } catch {
    return undefined;
  }
}

/** As ps(1), which prints no more of it either. */
const LONGEST_COMMAND = 128 * 1024;
const LONGEST_COMMANDS = 64 * 1024 * 1024;

/** How long a process may keep others from its memory. */
const PATIENCE_MS = 1000;
/** How many of the threads that read files for this program may wait for processes that do not answer. */
const MAXIMUM_WAITING = 2;
const locks = new KeyedLock();
/** Containers with a process that keeps a thread waiting. */
const waiting = new Set<string>();

/**
 * A process can have readers of its command line wait for a lock on its memory, without end (its threads may wait
 * there for a file system whose server does not answer). One thread does then, and its container's commands are not shown.
 */
async function commandOf(pid: number, { longest, container }: Host): Promise<string> {
  return locks.run('command', async () => {
    if (waiting.has(container) || waiting.size === MAXIMUM_WAITING) return '';
    const command = readCommand(pid, longest);
    const done = command.then(ignore, ignore);
    if (await settlesWithin(done, PATIENCE_MS)) return command;
    waiting.add(container);
    void done.then(() => waiting.delete(container));
    return '';
  });
}

const ignore = () => undefined;

/** As much of it as fits: a container may have thousands of processes, each with megabytes. */
async function readCommand(pid: number, longest: number): Promise<string> {
  const file = await open(`/proc/${pid}/cmdline`);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(longest), 0, longest, 0);
    return buffer.toString('utf8', 0, bytesRead).replace(/\0$/, '').replaceAll('\0', ' ');
  } finally {
    await file.close();
  }
}

async function userNames(): Promise<Map<string, string>> {
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map(line => line.split(':'));
  return new Map(lines.map(([name = '', , uid = '']) => [uid, name]));
}

async function bootTimeMs(): Promise<number> {
  const seconds = /^btime (\d+)$/m.exec(await readFile('/proc/stat', 'utf8'))?.[1];
  return Number(seconds) * 1000;
}

/** The time for today, else the day, else the year. */
function startText(ms: number): string {
  const date = new Date(ms);
  const now = new Date();
  if (date.toDateString() === now.toDateString()) return date.toTimeString().slice(0, 5);
  if (date.getFullYear() !== now.getFullYear()) return String(date.getFullYear());
  return date.toDateString().slice(4, 10).replace(' ', '');
}

const PTS_MAJORS = { first: 136, last: 143 };

/** tty_nr: minor in bits 31–20 and 7–0, major in bits 15–8. */
function terminalName(device: number): string {
  const major = (device >> 8) & 0xff;
  const minor = (device & 0xff) | ((device >>> 12) & 0xfff00);
  if (device === 0) return '?';
  if (major >= PTS_MAJORS.first && major <= PTS_MAJORS.last) {
    return `pts/${minor + 256 * (major - PTS_MAJORS.first)}`;
  }
  return major === 4 ? `tty${minor}` : '?';
}

function clock(seconds: number): string {
  const pad = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  return `${pad(seconds / 3600)}:${pad((seconds / 60) % 60)}:${pad(seconds % 60)}`;
}

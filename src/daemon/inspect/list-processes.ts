import { readFileSync } from 'node:fs';
import type { ContainerTop } from '../../api/types.ts';

const TITLES = ['UID', 'PID', 'PPID', 'C', 'STIME', 'TTY', 'TIME', 'CMD'];
/** USER_HZ: what /proc counts processor time in, the same on all of Linux's architectures of now. */
const TICKS_PER_SECOND = 100;

/** The columns of `ps -ef` (proc_pid_stat(5)). Processes that have ended meanwhile are left out. */
export function listProcesses(pids: readonly number[]): ContainerTop {
  const users = userNames();
  const bootMs = bootTimeMs();
  const rows = [...pids]
    .sort((a, b) => a - b)
    .flatMap(pid => {
      const row = describeProcess(pid, users, bootMs);
      return row === undefined ? [] : [row];
    });
  return { Titles: TITLES, Processes: rows };
}

function describeProcess(
  pid: number,
  users: ReadonlyMap<string, string>,
  bootMs: number,
): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const uid = /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replace(/\0$/, '').replaceAll('\0', ' ');
    const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
    // From the third field on: state, ppid, …; the name before it may hold anything.
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [ppid = 0, terminal = 0] = [fields[1], fields[4]];
    const busySeconds = ((fields[11] ?? 0) + (fields[12] ?? 0)) / TICKS_PER_SECOND;
    const startedMs = bootMs + ((fields[19] ?? 0) / TICKS_PER_SECOND) * 1000;
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

function userNames(): Map<string, string> {
  const lines = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map(line => line.split(':'));
  return new Map(lines.map(([name = '', , uid = '']) => [uid, name]));
}

function bootTimeMs(): number {
  const seconds = /^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1];
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

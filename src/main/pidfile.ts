import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { EngineError } from '../base/errors.ts';
import { makeDirectories } from '../base/make-directories.ts';
import { lockFile } from '../kernel/lock-file.ts';

/** Unit of the times in proc_pid_stat(5), on every architecture. */
const TICKS_PER_SECOND = 100;
/** The kernel tells when it was booted in whole seconds. */
const ROUNDING_SECONDS = 2;

/**
 * Makes the pidfile of this process; the function returned takes it away.
 * @throws EngineError conflict where it is that of a process that lives, dockerd's, say
 */
export function takePidfile(path: string): () => void {
  makeDirectories(dirname(path), 0o755);
  const writer = livingWriter(path);
  if (writer !== undefined) throw inUse(path, writer);
  return lockFile(path, { mode: 0o644, isTemporary: true, refusal: pid => inUse(path, pid) });
}

function inUse(path: string, pid: string): EngineError {
  return new EngineError(
    'conflict',
    `failed to start daemon, ensure slipway is not running or delete ${path}: process with PID ${pid} is still running`,
  );
}

/** The process that a file names, unless its pid has been given to another since the file was written. */
function livingWriter(path: string): string | undefined {
  try {
    const pid = /^\d+$/.exec(readFileSync(path, 'utf8').trim())?.[0];
    if (pid === undefined || pid === String(process.pid)) return undefined;
    const { state, startedAt } = processOf(pid);
    // Dead, and not waited for by its parent.
    if (state === 'Z') return undefined;
    return startedAt - ROUNDING_SECONDS <= statSync(path).mtimeMs / 1000 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** `startedAt` in seconds since 1970. */
function processOf(pid: string): { state: string | undefined; startedAt: number } {
  const bootedAt = Number(/^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1]);
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is a name, in parentheses, with anything in it; the state is the third, the start the 22nd.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0], startedAt: bootedAt + Number(fields[19]) / TICKS_PER_SECOND };
}

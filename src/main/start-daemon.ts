import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeDirectories } from '../base/make-directories.ts';
import { EngineError } from '../base/errors.ts';
import { isListening } from '../cli/connect-client.ts';
import { DEFAULT_SOCKET } from '../cli/daemon-flags.ts';
import { waitForLock } from '../kernel/lock-file.ts';

const LOG_DIRECTORY = '/var/log/slipway';
const LOG_FILE = `${LOG_DIRECTORY}/daemon.log`;
const START_TIMEOUT_MS = 30_000;
const POLL_MS = 20;
const MAX_ERROR_BYTES = 65_536;

/**
 * Starts `slipway daemon` in the background, in a session of its own, its output going to a log file; settles
 * once its socket takes connections. Of commands that do so at once, one starts a daemon and the others wait for it.
 * `program` is the script that Node runs.
 * @returns undefined where another command has started the daemon
 * @throws EngineError unavailable, with the daemon's own error, when it ends first or takes too long
 */
export async function startDaemon(program: string): Promise<{ log: string } | undefined> {
  makeDirectories(LOG_DIRECTORY, 0o755);
  const log = openSync(LOG_FILE, 'a+', 0o640);
  // The daemon inherits the log: a lock of this very descriptor would last as long as it does.
  const lock = openSync(LOG_FILE, 'a', 0o640);
  try {
    await waitForLock(LOG_FILE, lock);
    if (await isListening(DEFAULT_SOCKET)) return undefined;
    const { size } = fstatSync(log);
    const child = spawn(process.execPath, [...process.execArgv, program, 'daemon'], {
      cwd: '/',
      detached: true,
      stdio: ['ignore', log, log],
    });
    if (!(await listens(child))) throw startError(log, size);
    child.unref();
    return { log: LOG_FILE };
  } finally {
    closeSync(lock);
    closeSync(log);
  }
}

async function listens(child: ChildProcess): Promise<boolean> {
  const failed = new AbortController();
  child.on('error', () => failed.abort());
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (
    child.exitCode === null &&
    child.signalCode === null &&
    !failed.signal.aborted &&
    Date.now() < deadline
  ) {
    if (await isListening(DEFAULT_SOCKET)) return true;
    await sleep(POLL_MS);
  }
  return false;
}

/** From what the daemon has written: its error, and what it says one can do, among what it has logged. */
function startError(log: number, position: number): EngineError {
  const written = Buffer.alloc(MAX_ERROR_BYTES);
  const length = readSync(log, written, { position });
  const [problem, ...hints] = written
    .toString('utf8', 0, length)
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('{'));
  const message = `the daemon did not start: ${problem ?? 'it takes too long'}`;
  return new EngineError('unavailable', message, { hint: [...hints, `See ${LOG_FILE}.`].join('\n') });
}

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { EngineError } from '../base/errors.ts';
import { DEFAULT_SOCKET } from '../cli/daemon-flags.ts';

const LOG_DIRECTORY = '/var/log/slipway';
const LOG_FILE = `${LOG_DIRECTORY}/daemon.log`;
const START_TIMEOUT_MS = 30_000;
const POLL_MS = 20;

/**
 * Starts `slipway daemon` in the background, in a session of its own, its output going to a log file; settles
 * once its socket takes connections. `program` is the script that Node runs.
 * @throws EngineError unavailable, with the log's last line, when it ends first or takes too long
 */
export async function startDaemon(program: string): Promise<{ log: string }> {
  mkdirSync(LOG_DIRECTORY, { recursive: true, mode: 0o755 });
  const log = openSync(LOG_FILE, 'a', 0o640);
  const child = spawn(process.execPath, [...process.execArgv, program, 'daemon'], {
    cwd: '/',
    detached: true,
    stdio: ['ignore', log, log],
  });
  if (!(await listens(child))) {
    const message = `the daemon did not start: ${lastLine(LOG_FILE)}`;
    throw new EngineError('unavailable', message, { hint: `See ${LOG_FILE}.` });
  }
  child.unref();
  return { log: LOG_FILE };
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

function isListening(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(path);
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

function lastLine(path: string): string {
  return readFileSync(path, 'utf8').trimEnd().split('\n').at(-1) ?? '';
}

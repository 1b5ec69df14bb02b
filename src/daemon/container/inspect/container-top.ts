import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ContainerTop } from '../../../api/types.ts';
import { EngineError, messageOf } from '../../../base/errors.ts';
import { Semaphore } from '../../../base/semaphore.ts';
import { TimeSlice } from '../../../base/time-slice.ts';
import type { Container } from '../../model/container.ts';
import { conflict, invalid } from '../../model/errors.ts';
import { listProcesses } from './list-processes.ts';

const run = promisify(execFile);
const DEFAULT_ARGS = '-ef';
/** Processes can keep ps(1) waiting, see list-processes.ts. */
/** Each may keep as much in memory as it may write, and the start of each is a fork of this process. */
const places = new Semaphore(4);
const { signal: never } = new AbortController();
const PS_LIMITS = { maxBuffer: 64 << 20, timeout: 10_000, killSignal: 'SIGKILL' } as const;

/**
 * `docker top`: Docker's default columns are read from /proc; other `ps` options are the business of ps(1).
 * @throws EngineError conflict, invalid-parameter, system in Docker's words
 */
export async function containerTop(container: Container, psArgs: string): Promise<ContainerTop> {
  const { runtime, state } = container;
  if (runtime === undefined || !container.isRunning)
    throw conflict(`container ${container.id} is not running`);
  if (state.status === 'restarting') {
    throw conflict(`Container ${container.id} is restarting, wait until the container is running`);
  }
  const pids = await runtime.pids();
  if (psArgs === '' || psArgs === DEFAULT_ARGS) return listProcesses(container.id, pids);
  return runPs(psArgs, new Set(pids));
}

async function runPs(psArgs: string, pids: ReadonlySet<number>): Promise<ContainerTop> {
  if (/\s-*o\s*\S*=/.test(` ${psArgs}`))
    throw invalid(`ps options that rename columns are not supported: ${psArgs}`);
  const args = psArgs.split(/\s+/).filter(Boolean);
  const { stdout } = await places
    .run(never, () => run('ps', args, PS_LIMITS))
    .catch(error => {
      // Its first line says what is wrong with the options, the others what options there are.
      const [reason = ''] = ((error as { stderr?: string }).stderr ?? '').split('\n', 1);
      throw reason === '' ? failed(messageOf(error)) : invalid(`ps: ${reason}`);
    });
  const [header = '', ...lines] = stdout.trimEnd().split('\n');
  const titles = header.trim().split(/\s+/);
  const pidColumn = titles.indexOf('PID');
  if (pidColumn < 0) throw invalid("Couldn't find PID field in ps output");
  const rows: string[][] = [];
  const slice = new TimeSlice();
  for (const line of lines) {
    const row = columns(line, titles.length);
    if (pids.has(Number(row[pidColumn]))) rows.push(row);
    if (slice.isOver) await slice.pause();
  }
  return { Titles: titles, Processes: rows };
}

function failed(reason: string): EngineError {
  return new EngineError('system', `Error running ps: ${reason}`);
}

/** The last column takes the rest of the line. */
function columns(line: string, count: number): string[] {
  const words = line.trim().split(/\s+/);
  return [...words.slice(0, count - 1), words.slice(count - 1).join(' ')];
}

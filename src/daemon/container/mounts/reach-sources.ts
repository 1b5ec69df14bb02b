import { stat } from 'node:fs/promises';
import type { RootedThreads } from '../../../archive/rooted/rooted-threads.ts';
import { KeyedLock } from '../../../base/keyed-lock.ts';
import { settlesWithin } from '../../../base/settles-within.ts';

/** What a file system that is well takes for it. */
const MOMENT_MS = 100;
/** How many of the threads that read files for this program may wait for a file system that does not answer. */
const MAX_WAITING = 2;
const locks = new KeyedLock();
let waiting = 0;

/**
 * Waits until the file systems that paths of the host lie on answer, whether there is anything or not. Some never do (of a
 * network whose server has gone, of a program that has stopped), and what is looked up afterwards is looked up by the main
 * thread, which has no time to wait.
 */
export async function reachSources(threads: RootedThreads, paths: readonly string[]): Promise<void> {
  for (const path of paths) if (path.startsWith('/')) await reach(threads, path);
}

async function reach(threads: RootedThreads, path: string): Promise<void> {
  const answer = await locks.run('reach', () => ask(path));
  if (answer === undefined) await threads.run({ kind: 'reach', path });
  else await answer.reached;
}

/** Undefined where a thread of its own has to ask. What is wrapped is not waited for here. */
async function ask(path: string): Promise<{ reached: Promise<void> } | undefined> {
  if (waiting === MAX_WAITING) return undefined;
  const reached = stat(path).then(ignore, ignore);
  if (await settlesWithin(reached, MOMENT_MS)) return { reached };
  waiting++;
  return { reached: reached.finally(() => waiting--) };
}

const ignore = () => undefined;

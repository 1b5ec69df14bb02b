import { lstatSync, readdirSync, renameSync, rmdirSync, unlinkSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import type { RootedThreads } from '../../archive/rooted-threads.ts';
import { errorCode } from '../../base/errors.ts';

/** So many files are removed at once by the calling thread; what has more is left to a rooted thread. */
const SMALL_TREE_FILES = 64;

/**
 * Removes a directory of the driver's. It vanishes at once, by being renamed into `trash` (a directory on the
 * same file system); the promise settles when its files have gone, too. A missing directory is fine.
 */
export async function removeDirectory(path: string, trash: string, threads: RootedThreads): Promise<void> {
  const doomed = `${trash}/${basename(path)}-${randomBytes(6).toString('hex')}`;
  try {
    renameSync(path, doomed);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw error;
  }
  if (removeSmallTree(doomed, { files: SMALL_TREE_FILES })) return;
  await threads.run({ kind: 'remove', root: trash, name: basename(doomed) });
}

/** Has what an earlier process left in `staging` and `trash` removed, in the background. */
export function removeLeftovers(staging: string, trash: string, threads: RootedThreads): void {
  for (const name of readdirSync(staging)) renameSync(`${staging}/${name}`, `${trash}/${name}`);
  // What cannot be removed now is tried again by the next process.
  for (const name of readdirSync(trash))
    threads.run({ kind: 'remove', root: trash, name }).catch(() => undefined);
}

/** Whether all is gone: it gives up when there are more files than the budget has. */
function removeSmallTree(path: string | Buffer, budget: { files: number }): boolean {
  for (const name of readdirSync(path, { encoding: 'buffer' })) {
    if (budget.files-- === 0) return false;
    const child = Buffer.concat([Buffer.from(path), Buffer.from('/'), name]);
    if (!lstatSync(child).isDirectory()) unlinkSync(child);
    else if (!removeSmallTree(child, budget)) return false;
  }
  rmdirSync(path);
  return true;
}

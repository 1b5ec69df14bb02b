import { randomBytes } from 'node:crypto';
import { readdirSync, renameSync } from 'node:fs';
import { readdir, rmdir, unlink } from 'node:fs/promises';
import { basename } from 'node:path';
import type { RootedThreads } from '../../archive/rooted-threads.ts';
import { errorCode } from '../../base/errors.ts';

/** So many files are removed one by one on libuv's pool; what has more is left to a rooted thread. */
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
  if (await removeSmallTree(doomed, { files: SMALL_TREE_FILES })) return;
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
async function removeSmallTree(path: string | Buffer, budget: { files: number }): Promise<boolean> {
  for (const entry of await readdir(path, { encoding: 'buffer', withFileTypes: true })) {
    if (budget.files-- === 0) return false;
    const child = Buffer.concat([Buffer.from(path), Buffer.from('/'), entry.name]);
    if (!entry.isDirectory()) await unlink(child);
    else if (!(await removeSmallTree(child, budget))) return false;
  }
  await rmdir(path);
  return true;
}

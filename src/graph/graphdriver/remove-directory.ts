import { randomBytes } from 'node:crypto';
import { readdirSync, renameSync } from 'node:fs';
import { basename } from 'node:path';
import type { RootedThreads } from '../../archive/rooted/rooted-threads.ts';
import { errorCode } from '../../base/errors.ts';
import { removeSmallTree } from '../../base/remove-small-tree.ts';

/**
 * Removes a directory of the driver's. It vanishes at once, by being renamed into `trash` (a directory on the
 * same file system); the promise settles when its files have gone, too. A missing directory is fine.
 */
export async function removeDirectory(path: string, trash: string, threads: RootedThreads): Promise<void> {
  const doomed = moveToTrash(path, trash);
  if (doomed !== undefined) await removeTree(trash, doomed, threads);
}

/** Removes an entry of the trash. */
export async function removeTree(trash: string, name: string, threads: RootedThreads): Promise<void> {
  const small = removeSmallTree(`${trash}/${name}`);
  // What hinders it hinders the thread, too, which tells of it.
  if (await small.catch(() => false)) return;
  await threads.run({ kind: 'remove', root: trash, name });
}

/** The name that it has in the trash now; undefined when there is none. */
export function moveToTrash(path: string, trash: string): string | undefined {
  const doomed = `${basename(path)}-${randomBytes(6).toString('hex')}`;
  try {
    renameSync(path, `${trash}/${doomed}`);
    return doomed;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Has what an earlier process left in `staging` and `trash` removed, in the background. */
export function removeLeftovers(
  staging: string,
  trash: string,
  remove: (name: string) => Promise<void>,
): void {
  for (const name of readdirSync(staging)) renameSync(`${staging}/${name}`, `${trash}/${name}`);
  // What cannot be removed now is tried again by the next process.
  for (const name of readdirSync(trash)) remove(name).catch(() => undefined);
}

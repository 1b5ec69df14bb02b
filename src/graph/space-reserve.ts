import { randomBytes } from 'node:crypto';
import { existsSync, rmSync, statfsSync, writeFileSync } from 'node:fs';

const RESERVE_BYTES = 1024 * 1024;

/**
 * Makes the file `reserve` in the graph's root, if it is not there: on a full disk it gives way, so that the database
 * has the space that it takes to remove an image.
 */
export function fillReserve(root: string): void {
  const path = `${root}/reserve`;
  if (existsSync(path)) return;
  try {
    // Random, as zeros would take no space where the file system compresses.
    writeFileSync(path, randomBytes(RESERVE_BYTES));
  } catch {
    rmSync(path, { force: true });
  }
}

/** Runs a task that frees space, and that needs a little for it. */
export async function withReserve<T>(root: string, task: () => Promise<T>): Promise<T> {
  const { bavail, bsize } = statfsSync(root);
  if (bavail * bsize >= RESERVE_BYTES) return task();
  rmSync(`${root}/reserve`, { force: true });
  try {
    return await task();
  } finally {
    fillReserve(root);
  }
}

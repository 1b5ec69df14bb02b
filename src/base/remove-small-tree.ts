import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  rmdirSync,
  unlinkSync,
} from 'node:fs';
import { unlink } from 'node:fs/promises';
import { errorCode } from './errors.ts';

/** So many files are removed here; more would hold this thread up. */
const SMALL_TREE_FILES = 64;

/** What a directory of few entries takes: a longer one may have a million, which would be read at once. */
const SMALL_DIRECTORY_BYTES = 16 * 1024;

/** To free a longer file takes milliseconds: libuv's pool does it. */
const SHORT_FILE_BYTES = 256 * 1024;

/**
 * Removes a directory and what is below it if that is few files: for this a dozen calls on this thread take less of its
 * time than the answers of other threads would. True when all is gone, or nothing was there; false, with some of it
 * left, when there are more than 64. Rejects with the system's error.
 *
 * Names are looked up one by one from open directories, as they may be too long together for one path, and so that no
 * link leads elsewhere.
 */
export async function removeSmallTree(path: string): Promise<boolean> {
  try {
    return await remove(path, { files: SMALL_TREE_FILES });
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return true;
    throw error;
  }
}

async function remove(path: string | Buffer, budget: { files: number }): Promise<boolean> {
  const directory = openSync(path, constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    const inside = `/proc/self/fd/${directory}/`;
    if (fstatSync(directory).size > SMALL_DIRECTORY_BYTES) return false;
    for (const entry of readdirSync(inside, { encoding: 'latin1', withFileTypes: true })) {
      if (budget.files-- === 0) return false;
      const child = Buffer.from(inside + entry.name, 'latin1');
      if (!entry.isDirectory()) await removeFile(child);
      else if (!(await remove(child, budget))) return false;
    }
  } finally {
    closeSync(directory);
  }
  rmdirSync(path);
  return true;
}

function removeFile(path: Buffer): Promise<void> | undefined {
  if (lstatSync(path).size > SHORT_FILE_BYTES) return unlink(path);
  unlinkSync(path);
}

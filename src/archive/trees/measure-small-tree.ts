import { closeSync, fstatSync, lstatSync, readdirSync } from 'node:fs';
import { openRoot } from '../../kernel/thread-root.ts';
import { hostPath } from '../archive-path.ts';
import { type BytesOf, fileBytes } from './measure-tree.ts';
import { TreeCursor } from './tree-cursor.ts';

/** A fifth of a millisecond's work. */
const MAXIMUM_ENTRIES = 64;
/** A directory's own size tells how much is in it: of this one, all names can be read at once. */
const MAXIMUM_DIRECTORY_BYTES = 4096;

/**
 * As measureTree, at once and on any thread: to have another thread do so little takes several times as long. Undefined
 * when there is more in the tree than a few entries, or when it changes meanwhile.
 * @param path of the tree's root
 * @throws Error with code ENOENT when it is not there
 */
export function measureSmallTree(path: string, except: readonly string[] = []): number | undefined {
  const root = openRoot(path);
  try {
    using cursor = new TreeCursor(root);
    const bytes = sumHere({ cursor, bytesOf: fileBytes(except), entriesLeft: MAXIMUM_ENTRIES }, []);
    return Number.isNaN(bytes) ? undefined : bytes;
  } finally {
    closeSync(root);
  }
}

type Measurement = { cursor: TreeCursor; bytesOf: BytesOf; entriesLeft: number };

/** Sums up the directory that the cursor is in, to which `way` leads; NaN when there is too much. */
function sumHere(measurement: Measurement, way: readonly string[]): number {
  const { cursor, bytesOf } = measurement;
  if (fstatSync(cursor.fd).size > MAXIMUM_DIRECTORY_BYTES) return Number.NaN;
  let sum = 0;
  for (const name of readdirSync(`/proc/self/fd/${cursor.fd}`, 'latin1')) {
    if (measurement.entriesLeft-- <= 0) return Number.NaN;
    const path = hostPath(`/proc/self/fd/${cursor.fd}/${name}`);
    const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    if (stat === undefined) continue;
    sum += bytesOf(stat, way, name);
    if (!stat.isDirectory() || !cursor.enter(name)) continue;
    sum += sumHere(measurement, [...way, name]);
    if (!cursor.leave() || Number.isNaN(sum)) return Number.NaN;
  }
  return sum;
}

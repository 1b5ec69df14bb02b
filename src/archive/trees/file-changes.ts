import { TimeSlice } from '../../base/time-slice.ts';
import { readable } from '../archive-path.ts';

export type FileChange = { path: string; kind: 'added' | 'modified' | 'deleted' };

const LETTERS = { added: 'A', modified: 'C', deleted: 'D' } as const;
const KINDS = { A: 'added', C: 'modified', D: 'deleted' } as const;

/**
 * Changes as one string, which passes from thread to thread at once, however many they are: a letter and the path
 * of each.
 * @param changes their paths as latin1
 */
export function encodeChanges(changes: Iterable<FileChange>): string {
  return Array.from(changes, ({ path, kind }) => `${LETTERS[kind]}${path}\0`).join('');
}

/** In slices. The paths are text. */
export async function decodeChanges(text: string): Promise<FileChange[]> {
  const changes: FileChange[] = [];
  const slice = new TimeSlice();
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf('\0', start);
    const kind = KINDS[text[start] as keyof typeof KINDS];
    changes.push({ path: readable(text.slice(start + 1, end)), kind });
    start = end + 1;
    if (slice.isOver) await slice.pause();
  }
  return changes;
}

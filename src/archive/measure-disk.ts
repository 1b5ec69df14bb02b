import * as fs from 'node:fs';
import { hostPath } from './archive-path.ts';

const BLOCK_BYTES = 512;

/**
 * What the tree below a directory takes on its disk, as du(1) counts: the blocks of all files and directories, the
 * top one too, each inode once. What vanishes meanwhile counts as nothing.
 */
export function measureDisk(directory: string): number {
  const seen = new Set<bigint>();
  const measure = (path: string): number => {
    const stat = fs.lstatSync(hostPath(path), { bigint: true, throwIfNoEntry: false });
    if (stat === undefined) return 0;
    const bytes = Number(stat.blocks) * BLOCK_BYTES;
    if (stat.isDirectory())
      return namesIn(path).reduce((sum, name) => sum + measure(`${path}/${name}`), bytes);
    if (stat.nlink > 1n) {
      if (seen.has(stat.ino)) return 0;
      seen.add(stat.ino);
    }
    return bytes;
  };
  return measure(directory);
}

function namesIn(path: string): string[] {
  try {
    return fs.readdirSync(hostPath(path), { encoding: 'latin1' });
  } catch {
    return [];
  }
}

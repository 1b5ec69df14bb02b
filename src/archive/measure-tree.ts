import * as fs from 'node:fs';
import { hostPath } from './archive-path.ts';

/**
 * The sizes of all files below the root directory of the calling thread: each inode once, directories not
 * counted, links with the length of what they hold.
 * @param except absolute paths of files that do not count
 */
export function measureTree(except: readonly string[] = []): number {
  const seen = new Set<bigint>();
  const measure = (directory: string): number => {
    let bytes = 0;
    for (const name of fs.readdirSync(hostPath(`${directory}/`), { encoding: 'latin1' })) {
      const path = `${directory}/${name}`;
      const stat = fs.lstatSync(hostPath(path), { bigint: true, throwIfNoEntry: false });
      // It may have gone meanwhile: a container may be at work.
      if (stat === undefined) continue;
      if (stat.isDirectory()) bytes += measure(path);
      else if (except.includes(path)) continue;
      else if (stat.nlink === 1n || !seen.has(stat.ino)) {
        if (stat.nlink > 1n) seen.add(stat.ino);
        bytes += Number(stat.size);
      }
    }
    return bytes;
  };
  return measure('');
}

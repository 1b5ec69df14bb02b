import { type BigIntStats, fstatSync, lstatSync } from 'node:fs';
import { hostPath } from './archive-path.ts';
import { walkTree } from './walk-tree.ts';

const BLOCK_BYTES = 512;

/**
 * The sizes of all files below the directory `root`, a descriptor: each inode once, directories not counted, links with
 * the length of what they hold. walkTree tells how it goes.
 * @param except absolute paths of files that do not count
 */
export function measureTree(root: number, except: readonly string[] = []): number {
  const depths = new Set(except.map(path => path.split('/').length));
  return sumOf(root, (stat, way, name) => {
    if (stat.isDirectory()) return 0;
    const isExcept = depths.has(way.length + 2) && except.includes(`/${[...way, name].join('/')}`);
    return isExcept ? 0 : Number(stat.size);
  });
}

/**
 * What the directory `root`, a descriptor, takes on its disk, as du(1) counts: the blocks of all files and directories,
 * itself too, each inode once.
 */
export function measureDisk(root: number): number {
  const blocksOf = ({ blocks }: BigIntStats) => Number(blocks) * BLOCK_BYTES;
  return blocksOf(fstatSync(root, { bigint: true })) + sumOf(root, blocksOf);
}

type BytesOf = (stat: BigIntStats, way: readonly string[], name: string) => number;

/** What vanishes meanwhile counts as nothing. */
function sumOf(root: number, bytesOf: BytesOf): number {
  const seen = new Set<bigint>();
  let sum = 0;
  walkTree(root, {
    entry: ({ name }, { way }) => {
      const stat = lstatSync(hostPath(name), { bigint: true, throwIfNoEntry: false });
      if (stat === undefined) return false;
      const isDirectory = stat.isDirectory();
      if (isDirectory || !seen.has(stat.ino)) sum += bytesOf(stat, way, name);
      if (!isDirectory && stat.nlink > 1n) seen.add(stat.ino);
      return isDirectory;
    },
  });
  return sum;
}

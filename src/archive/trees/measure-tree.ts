import { type BigIntStats, fstatSync, lstatSync } from 'node:fs';
import { hostPath } from '../archive-path.ts';
import { walkTree } from './walk-tree.ts';

const BLOCK_BYTES = 512;

/**
 * The sizes of all files below the directory `root`, a descriptor: each inode once, directories not counted, links with
 * the length of what they hold. walkTree tells how it goes.
 * @param except absolute paths of files that do not count
 */
export function measureTree(root: number, except: readonly string[] = []): number {
  return sumOf(root, fileBytes(except));
}

/**
 * What the directory `root`, a descriptor, takes on its disk, as du(1) counts: the blocks of all files and directories,
 * itself too, each inode once.
 */
export function measureDisk(root: number): number {
  const blocksOf = ({ blocks }: BigIntStats) => Number(blocks) * BLOCK_BYTES;
  return blocksOf(fstatSync(root, { bigint: true })) + sumOf(root, eachOnce(blocksOf));
}

/** Bytes of what is called `name` in the directory that `way` leads to. */
export type BytesOf = (stat: BigIntStats, way: readonly string[], name: string) => number;

/** What counts of a tree's entries for {@link measureTree}: a new one for each tree. */
export function fileBytes(except: readonly string[]): BytesOf {
  const depths = new Set(except.map(path => path.split('/').length));
  return eachOnce((stat, way, name) => {
    if (stat.isDirectory()) return 0;
    const isExcept = depths.has(way.length + 2) && except.includes(`/${[...way, name].join('/')}`);
    return isExcept ? 0 : Number(stat.size);
  });
}

/** A file that has several names counts by the first that is met. */
function eachOnce(bytesOf: BytesOf): BytesOf {
  const seen = new Set<bigint>();
  return (stat, way, name) => {
    if (stat.nlink > 1n && !stat.isDirectory()) {
      if (seen.has(stat.ino)) return 0;
      seen.add(stat.ino);
    }
    return bytesOf(stat, way, name);
  };
}

/** What vanishes meanwhile counts as nothing. */
function sumOf(root: number, bytesOf: BytesOf): number {
  let sum = 0;
  walkTree(root, {
    entry: ({ name }, { way }) => {
      const stat = lstatSync(hostPath(name), { bigint: true, throwIfNoEntry: false });
      if (stat === undefined) return false;
      sum += bytesOf(stat, way, name);
      return stat.isDirectory();
    },
  });
  return sum;
}

import * as fs from 'node:fs';
import { getXattr, listXattrs } from '../../kernel/xattr.ts';
import { hostPath, readable } from '../archive-path.ts';

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
const CHUNK_BYTES = 256 * 1024;
/** So many differences are told; there may be as many as files. */
const MAXIMUM_DIFFERENCES = 20;

/**
 * Compares the trees below two directories, which must not change meanwhile: names, types, owners, modes, content,
 * links, devices, extended attributes, and times (those of directories and whiteouts not: an archive need not
 * tell them).
 * @returns for people, one line each: `usr/bin/env: content`
 */
export function compareTrees(actual: string, expected: string): string[] {
  const differences: string[] = [];
  compareDirectory({ actual, expected, differences }, '');
  return differences;
}

type Comparison = { actual: string; expected: string; differences: string[] };

function compareDirectory(comparison: Comparison, path: string): void {
  const { actual, expected, differences } = comparison;
  const [found, wanted] = [namesIn(actual + path), namesIn(expected + path)];
  for (const name of new Set([...found, ...wanted])) {
    if (differences.length >= MAXIMUM_DIFFERENCES) return;
    const child = `${path}/${name}`;
    if (!found.has(name)) differences.push(`${readable(child.slice(1))}: missing`);
    else if (!wanted.has(name)) differences.push(`${readable(child.slice(1))}: not of the layer`);
    else compareFile(comparison, child);
  }
}

function namesIn(directory: string): Set<string> {
  return new Set(fs.readdirSync(hostPath(directory), { encoding: 'latin1' }));
}

function compareFile(comparison: Comparison, path: string): void {
  const [actual, expected] = [hostPath(comparison.actual + path), hostPath(comparison.expected + path)];
  const [found, wanted] = [statOf(actual), statOf(expected)];
  const what = differenceOf(found, wanted) ?? contentDifference(wanted, actual, expected);
  if (what !== undefined) comparison.differences.push(`${readable(path.slice(1))}: ${what}`);
  else if (wanted.isDirectory()) compareDirectory(comparison, path);
}

function statOf(path: string | Buffer): fs.BigIntStats {
  return fs.lstatSync(path, { bigint: true });
}

function differenceOf(found: fs.BigIntStats, wanted: fs.BigIntStats): string | undefined {
  if (found.mode !== wanted.mode)
    return `mode ${found.mode.toString(8)} instead of ${wanted.mode.toString(8)}`;
  if (found.uid !== wanted.uid || found.gid !== wanted.gid) return 'owner';
  if (found.rdev !== wanted.rdev) return 'device number';
  if (wanted.isDirectory()) return undefined;
  if (found.nlink !== wanted.nlink) return 'hard links';
  if (found.size !== wanted.size) return `size ${found.size} instead of ${wanted.size}`;
  if (!wanted.isCharacterDevice() && found.mtimeNs !== wanted.mtimeNs) return 'modification time';
  return undefined;
}

function contentDifference(
  stat: fs.BigIntStats,
  actual: string | Buffer,
  expected: string | Buffer,
): string | undefined {
  if (stat.isFile() && !sameContent(actual, expected)) return 'content';
  if (stat.isSymbolicLink() && !fs.readlinkSync(actual, 'buffer').equals(fs.readlinkSync(expected, 'buffer')))
    return 'link';
  return xattrsOf(actual) === xattrsOf(expected) ? undefined : 'extended attributes';
}

function sameContent(actual: string | Buffer, expected: string | Buffer): boolean {
  const descriptors = [actual, expected].map(path => fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
  const [left, right] = descriptors as [number, number];
  const [a, b] = [Buffer.allocUnsafe(CHUNK_BYTES), Buffer.allocUnsafe(CHUNK_BYTES)];
  try {
    for (let position = 0; ; ) {
      const count = fs.readSync(left, a, 0, CHUNK_BYTES, position);
      if (fs.readSync(right, b, 0, CHUNK_BYTES, position) !== count) return false;
      if (count === 0) return true;
      if (a.compare(b, 0, count, 0, count) !== 0) return false;
      position += count;
    }
  } finally {
    for (const fd of descriptors) fs.closeSync(fd);
  }
}

/** What overlayfs notes in a directory that was written through it, for itself; nothing that it shows depends on it. */
const KERNELS_OWN = /^(?:trusted|user)\.overlay\.(?:origin|impure|nlink|uuid)$/;

function xattrsOf(path: string | Buffer): string {
  return listXattrs(path)
    .filter(name => !KERNELS_OWN.test(name))
    .sort()
    .map(name => `${name}=${getXattr(path, name)?.toString('hex')}`)
    .join();
}

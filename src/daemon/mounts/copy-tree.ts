import type { Stats } from 'node:fs';
import { chmod, copyFile, lchown, lstat, lutimes, mkdir, readdir, readlink, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../../base/errors.ts';
import { decodeDevice, makeNode } from '../../kernel/make-node.ts';
import { getXattr, listXattrs, setXattr } from '../../kernel/xattr.ts';

/** Copies the content of a directory into another, with owners, modes, times and extended attributes. */
export async function copyTree(source: string, target: string): Promise<void> {
  for (const name of await readdir(source)) await copyEntry(join(source, name), join(target, name));
  await copyAttributes(source, target, await lstat(source));
}

async function copyEntry(source: string, target: string): Promise<void> {
  const stats = await lstat(source);
  if (stats.isDirectory()) {
    await mkdir(target, { recursive: true });
    await copyTree(source, target);
    return;
  }
  if (stats.isSymbolicLink()) await symlink(await readlink(source), target);
  else if (stats.isFile()) await copyFile(source, target);
  else if (stats.isSocket()) return;
  else {
    const { major, minor } = decodeDevice(BigInt(stats.rdev));
    makeNode(target, stats.mode, major, minor);
  }
  await copyAttributes(source, target, stats);
}

async function copyAttributes(source: string, target: string, stats: Stats): Promise<void> {
  await lchown(target, stats.uid, stats.gid);
  // Changing the owner clears the set-uid bit, so the mode comes after it.
  if (!stats.isSymbolicLink()) await chmod(target, stats.mode & 0o7777);
  copyXattrs(source, target);
  await lutimes(target, stats.atime, stats.mtime);
}

function copyXattrs(source: string, target: string): void {
  for (const name of listXattrs(source)) {
    if (name.startsWith('trusted.overlay.')) continue;
    const value = getXattr(source, name);
    try {
      if (value !== undefined) setXattr(target, name, value);
    } catch (error) {
      if (errorCode(error) !== 'ENOTSUP' && errorCode(error) !== 'EOPNOTSUPP') throw error;
    }
  }
}

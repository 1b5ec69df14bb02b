import { closeSync, mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorCode, SyscallError } from '../base/errors.ts';
import { MNT_DETACH } from './abi/mount.ts';
import { cstring, errnoName, syscall } from './libc.ffi.ts';
import { O_PATH, openInRoot } from './open-beneath.ts';
import { attachAt, type CloneOptions, cloneMount } from './own-mounts.ts';

/**
 * A detached mount of a file or directory of another detached mount, links resolved in that. The caller closes both. Before
 * Linux 6.15 the whole hangs on a directory of its own for a moment, and gives one part only.
 * @throws SyscallError ENOENT for what is not there
 */
export function clonePart(tree: number, path: string, options: CloneOptions): number {
  const clone = () => cloneAt(tree, path, options);
  try {
    return clone();
  } catch (error) {
    if (errorCode(error) !== 'EINVAL') throw error;
    return whileAttached(tree, clone);
  }
}

function cloneAt(tree: number, path: string, options: CloneOptions): number {
  const part = openInRoot(tree, path || '.', O_PATH);
  if (part < 0) throw new SyscallError('openat2', -part, errnoName(-part), path);
  try {
    return cloneMount(part, options);
  } finally {
    closeSync(part);
  }
}

function whileAttached<T>(tree: number, task: () => T): T {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-part-'));
  try {
    attachAt(tree, directory);
    try {
      return task();
    } finally {
      syscall('umount2', directory, cstring(directory), MNT_DETACH);
    }
  } finally {
    rmdirSync(directory);
  }
}

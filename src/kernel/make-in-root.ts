import { closeSync, constants } from 'node:fs';
import { cstring, syscallResult } from './libc.ffi.ts';
import { O_PATH, openInRoot } from './open-beneath.ts';
import { readLinkAt } from './read-link.ts';

const ENOENT = 2;
const EEXIST = 17;
const ELOOP = 40;
const S_IFREG = 0o100000;
const MODE = 0o755;
const MAXIMUM_LINKS = 40;

/**
 * Opens `path` (O_PATH) as it would be found with the directory `rootFd` as the root, and makes what is missing of it:
 * directories, and at the end a directory or an empty file. Where a link leads nowhere, what it leads to is made. Holds
 * whatever others do in that directory meanwhile.
 * @returns a descriptor, or the negated errno: -ELOOP for a link of procfs
 */
export function makeInRoot(rootFd: number, path: string, kind: 'directory' | 'file'): number {
  const found = openInRoot(rootFd, path, O_PATH);
  if (found !== -ENOENT) return found;
  const failed = makeMissing(rootFd, componentsOf(Buffer.from(path).toString('latin1')), kind);
  return failed < 0 ? failed : openInRoot(rootFd, path, O_PATH);
}

/** 0, or a negated errno. Names are latin1, as they may be no UTF-8. */
function makeMissing(rootFd: number, names: string[], kind: 'directory' | 'file'): number {
  let done = '.';
  let links = 0;
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    const result = makeOne(rootFd, { done, name, isFile: kind === 'file' && names.length === 0 });
    if (typeof result === 'number') {
      if (result < 0) return result;
      done = `${done}/${name}`;
      continue;
    }
    if (++links > MAXIMUM_LINKS) return -ELOOP;
    names.unshift(...componentsOf(result));
    if (result.startsWith('/')) done = '.';
  }
  return 0;
}

/** 0 when it is there now, a negated errno, or the target of a link that is in its place and leads nowhere. */
function makeOne(
  rootFd: number,
  { done, name, isFile }: { done: string; name: string; isFile: boolean },
): number | string {
  const found = openInRoot(rootFd, Buffer.from(`${done}/${name}`, 'latin1'), O_PATH);
  if (found >= 0) closeSync(found);
  if (found !== -ENOENT) return Math.min(found, 0);
  const parent = openInRoot(rootFd, Buffer.from(done, 'latin1'), O_PATH | constants.O_DIRECTORY);
  if (parent < 0) return parent;
  try {
    const entry = Buffer.from(name, 'latin1');
    const made = isFile
      ? syscallResult('mknodat', parent, cstring(entry), S_IFREG | MODE, 0)
      : syscallResult('mkdirat', parent, cstring(entry), MODE);
    if (made !== -EEXIST) return made;
    // If it is not a link, another process made it first.
    return readLinkAt(parent, entry)?.toString('latin1') ?? 0;
  } finally {
    closeSync(parent);
  }
}

function componentsOf(path: string): string[] {
  return path.split('/').filter(name => name !== '' && name !== '.');
}

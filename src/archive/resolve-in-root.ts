import { closeSync, constants } from 'node:fs';
import { join, posix } from 'node:path';
import { EngineError, SyscallError } from '../base/errors.ts';
import { errnoName } from '../kernel/libc.ffi.ts';
import { O_PATH, openFrom } from '../kernel/open-beneath.ts';
import { readLinkAt } from '../kernel/read-link.ts';

const AT_FDCWD = -100;
const MAX_LINKS = 40;

/**
 * The host path of `path` inside the root file system `root`, whose symbolic links are followed as seen from
 * inside it. What does not exist is taken literally. The tree must not change meanwhile.
 * @throws EngineError system for a loop of links
 */
export function resolveInRoot(root: string, path: string): string {
  const pending = path.split('/').reverse();
  const done: string[] = [];
  for (let links = 0; pending.length > 0; ) {
    const component = pending.pop() ?? '';
    if (component === '' || component === '.') continue;
    if (component === '..') {
      done.pop();
      continue;
    }
    const target = linkTarget(join(root, ...done, component));
    if (target === undefined) {
      done.push(component);
      continue;
    }
    links += 1;
    if (links > MAX_LINKS) throw new EngineError('system', `${path}: too many levels of symbolic links`);
    if (posix.isAbsolute(target)) done.length = 0;
    pending.push(...target.split('/').reverse());
  }
  return join(root, ...done);
}

/** Undefined for what is none, or not there. Nothing is looked up behind a link of procfs. */
function linkTarget(path: string): string | undefined {
  const fd = openFrom(AT_FDCWD, path, { flags: O_PATH | constants.O_NOFOLLOW });
  if (fd < 0) {
    const code = errnoName(-fd);
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(code)) return undefined;
    throw new SyscallError('open', -fd, code, path);
  }
  try {
    return readLinkAt(fd, '')?.toString();
  } finally {
    closeSync(fd);
  }
}

import { closeSync, constants } from 'node:fs';
import { posix } from 'node:path';
import { EngineError, SyscallError } from '../../base/errors.ts';
import { errnoName } from '../../kernel/libc.ffi.ts';
import { O_PATH, openFrom } from '../../kernel/open-beneath.ts';
import { readLinkAt } from '../../kernel/read-link.ts';

const AT_FDCWD = -100;
const MAX_LINKS = 40;

/**
 * The path that `path` leads to in the calling thread's root, symbolic links followed. What does not exist is taken
 * literally. It is for telling: what is there may be something else in the next moment.
 * @throws EngineError system for a loop of links
 */
export function resolveLinks(path: string): string {
  const pending = path.split('/').reverse();
  const done: string[] = [];
  for (let links = 0; pending.length > 0; ) {
    const component = pending.pop() ?? '';
    if (component === '' || component === '.') continue;
    if (component === '..') {
      done.pop();
      continue;
    }
    const target = linkTarget(`/${[...done, component].join('/')}`);
    if (target === undefined) {
      done.push(component);
      continue;
    }
    links += 1;
    if (links > MAX_LINKS) throw new EngineError('system', `${path}: too many levels of symbolic links`);
    if (posix.isAbsolute(target)) done.length = 0;
    pending.push(...target.split('/').reverse());
  }
  return `/${done.join('/')}`;
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

import { lstatSync, readlinkSync } from 'node:fs';
import { join, posix } from 'node:path';
import { EngineError, errorCode } from '../base/errors.ts';

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

function linkTarget(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined;
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

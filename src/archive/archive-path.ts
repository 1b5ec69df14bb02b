import { EngineError } from '../base/errors.ts';

/**
 * The path of an archive entry (latin1), as an absolute path without `.`, `..`, doubled or trailing slashes:
 * `./a//b/` becomes `/a/b`, `` and `.` become `/`.
 * @throws EngineError invalid-parameter when it leads out of the archive's root
 */
export function absoluteEntryPath(path: string): string {
  // The common case, quickly.
  if (/^(?:[^/.][^/]*\/)*[^/.][^/]*$/.test(path)) return `/${path}`;
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) {
      throw new EngineError(
        'invalid-parameter',
        `archive entry "${readable(path)}" is outside of the archive`,
      );
    }
  }
  return `/${parts.join('/')}`;
}

/** A path of bytes (latin1) as `node:fs` and the kernel take it. */
export function hostPath(path: string): string | Buffer {
  return /^\p{ASCII}*$/u.test(path) ? path : Buffer.from(path, 'latin1');
}

/** A path of bytes (latin1) for messages. */
export function readable(path: string): string {
  return Buffer.from(path, 'latin1').toString();
}

export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? '/' : path.slice(0, slash);
}

export function baseOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
